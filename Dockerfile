# A server of models: the lab, and images in, JSON out. docs/installing.md says how to run it.
FROM python:3.13-slim AS build
RUN python -m venv /opt/striate
# torch for the CPU: 0.7 GB, where the build for NVIDIA's GPUs with its libraries is 5.5 GB.
RUN /opt/striate/bin/pip install --no-cache-dir torch torchvision --index-url https://download.pytorch.org/whl/cpu
WORKDIR /build
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
RUN /opt/striate/bin/pip install --no-cache-dir '.[onnx]'

FROM python:3.13-slim
COPY --from=build /opt/striate /opt/striate
RUN useradd --uid 10001 --no-create-home --home-dir /tmp striate && install -d -o striate /data
USER 10001
# Runs and classes go to /data, caches to /tmp; nothing else is written, so the rest may be read-only.
WORKDIR /data
VOLUME /data
ENV PATH=/opt/striate/bin:$PATH XDG_CACHE_HOME=/tmp/cache MPLCONFIGDIR=/tmp/matplotlib PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# It needs a token: docker run --env STRIATE_TOKEN=...
ENTRYPOINT ["striate", "serve", "--host", "0.0.0.0", "--port", "8000"]
