# Two stages: the first installs the hashed lock and the project into /opt/eddyline, the second only runs it.
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/eddyline
WORKDIR /source
COPY requirements/runtime.txt requirements/
RUN /opt/eddyline/bin/pip install --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY models models
COPY streams streams
RUN /opt/eddyline/bin/pip install --no-deps .

FROM python:3.11.14-slim-bookworm
COPY --from=build /opt/eddyline /opt/eddyline
ENV PATH=/opt/eddyline/bin:$PATH PYTHONUNBUFFERED=1
# Faust wants a folder that it may write to, though Eddyline keeps nothing there.
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/eddyline eddyline
USER eddyline
WORKDIR /var/lib/eddyline
# SIGTERM lets a worker finish its batch and write its checkpoint.
STOPSIGNAL SIGTERM
ENTRYPOINT ["eddyline"]
CMD ["worker"]
