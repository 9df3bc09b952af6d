"""A scripted OpenTelemetry collector on loopback: takes spans over OTLP/HTTP and waits for those a test wants."""

import asyncio
import gzip
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Collector:
    def __init__(self):
        self.spans = []
        """(service, span) as they came."""
        self._came = Condition()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(self.path, ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()
                self.wfile.write(ExportTraceServiceResponse().SerializeToString())

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, path, request):
        assert path == "/v1/traces"
        with self._came:
            for of_service in request.resource_spans:
                about = {pair.key: pair.value.string_value for pair in of_service.resource.attributes}
                self.spans += [
                    (about["service.name"], span) for scope in of_service.scope_spans for span in scope.spans
                ]
            self._came.notify_all()

    async def of_trace(self, trace_id, count):
        """The spans of a trace, once there are so many."""

        def found():
            return [(service, span) for service, span in self.spans if span.trace_id.hex() == trace_id]

        def wait():
            with self._came:
                assert self._came.wait_for(lambda: len(found()) >= count, timeout=20), found()

        await asyncio.to_thread(wait)
        return found()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
