# One image for web, workers and beat; docker-compose.yml says which is which.
FROM python:3.12.13-slim@sha256:229a2c5bfa27522db7815ea81f9bed70af17ccb9de9fc7ad142b1877b5830d36

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# Each package has to be one of the files whose hashes these are. Another build of torch is none of
# them: --build-arg PIP_ARGS="--extra-index-url …" --build-arg REQUIREMENTS=base.txt
ARG PIP_ARGS=""
ARG REQUIREMENTS=hashed.txt
COPY requirements/base.txt requirements/hashed.txt requirements/
RUN pip install $PIP_ARGS -r requirements/$REQUIREMENTS

COPY manage.py ./
COPY workbench workbench
COPY annotation annotation
COPY modelops modelops

ENV STATIC_ROOT=/app/static MINT_DATA_DIR=/data
RUN SECRET_KEY=only-for-this-step-which-signs-nothing-0123456789abcdef python manage.py collectstatic --noinput \
    && useradd --system --uid 10001 --home-dir /data mint \
    && install -d -o mint -g mint /data /scratch
USER mint
VOLUME /data
EXPOSE 8000

CMD ["gunicorn", "workbench.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "4", "--threads", "12", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-", "--logger-class", "workbench.gunicorn_logger.Logger", "--config", "python:workbench.gunicorn_hooks"]
