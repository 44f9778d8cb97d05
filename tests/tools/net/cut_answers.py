"""Bytes from a server whose answers are cut, and the ranges that a client asks it for."""

import numpy as np
from terragate.tests.support.canary import Answer, FileServer, Request, Route
from terragate.tools.net import AllowedHost, HttpClient, Limits, UrlPolicy

DATA = np.random.default_rng(7).integers(0, 256, 300_000, dtype=np.uint8).tobytes()


def client_of(server: FileServer, attempts: int = 3) -> HttpClient:
    limits = Limits(attempts=attempts, connect_s=2, read_s=2)
    policy = UrlPolicy([AllowedHost.parse(server.host)])
    return HttpClient(policy, limits, sleep=lambda seconds: None)


def cutting(route: Route, size: int, times: int = 10**6) -> Route:
    """Return a route whose first answers end after `size` bytes."""
    left = [times]

    def serve(request: Request) -> Answer:
        answer = route(request)
        left[0] -= 1
        if left[0] >= 0 and len(answer.body) > size:
            answer.cut = size
        return answer

    return serve


def ranges(server: FileServer) -> list[str]:
    return [request.headers.get("range", "") for request in server.log]
