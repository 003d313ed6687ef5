# One image for every component of docker-compose.yml.
FROM python:3.11-slim-bookworm

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    KEXIE_HOME=/var/lib/kexie \
    AIRFLOW_HOME=/var/lib/kexie/airflow

# A name and a number that files on the volumes keep across images; the folders give new volumes their owner.
RUN useradd --uid 50000 --home-dir "$KEXIE_HOME" --no-create-home --shell /usr/sbin/nologin kexie \
 && cd /var/lib && install -d -o kexie -g kexie kexie kexie/inbox kexie/outbox kexie/archive kexie/backups kexie/sftp

# pg_dump and pg_restore of the server's version, for backups.
RUN apt-get update -q && apt-get install -qy --no-install-recommends postgresql-client-15 && rm -rf /var/lib/apt/lists/*

# The packages are nearly all of the image and change seldom, so they stay below our code.
# Compiled here, because the account that runs them may not write beside them.
WORKDIR /opt/kexie
COPY requirements-uv.lock requirements.lock ./
ARG PIP_INDEX_URL
RUN python -m venv /tmp/uv \
 && /tmp/uv/bin/pip install -q --no-cache-dir --require-hashes --no-deps -r requirements-uv.lock \
 && python -m venv --without-pip /opt/venv \
 && /tmp/uv/bin/uv pip install -q --no-cache --compile-bytecode --python /opt/venv/bin/python --require-hashes \
      ${PIP_INDEX_URL:+--default-index "$PIP_INDEX_URL"} -r requirements.lock \
 && rm -rf /tmp/uv

COPY . .
RUN pip --python /opt/venv/bin/python install -q --no-cache-dir --no-index --no-deps --no-build-isolation -e . \
 && python -m compileall -q .

USER kexie
