# One image for every process; docker-compose.yml says which one a container runs.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

RUN useradd --system --create-home --uid 10001 circular \
    && install --directory --owner=circular --group=circular /data

WORKDIR /app

COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock

COPY pyproject.toml README.md LICENSE manage.py ./
COPY config config
COPY composer composer
COPY subscribers subscribers
COPY dispatch dispatch
COPY workers workers
COPY web web
COPY templates templates
# Editable: the templates are read beside the packages.
RUN pip install --no-deps --no-build-isolation --editable .

ENV DJANGO_SETTINGS_MODULE=config.settings.production \
    CIRCULAR_DATA=/data \
    CIRCULAR_HOST=0.0.0.0

# The production settings refuse to start without these; collecting files uses none of them, and none stays in the image.
RUN DATABASE_URL=postgresql://nobody@localhost/nothing \
    REDIS_URL=redis://localhost \
    SMTP_URL=smtp://localhost \
    SECRET_KEY=only-for-collecting-static-files \
    BASE_URL=https://localhost \
    circular collectstatic --noinput

USER circular
VOLUME /data
EXPOSE 8000
CMD ["circular", "web"]
