"""`inhouse serve`: the desk in the browser, and the skills for other programs, over HTTP."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
from typing import TYPE_CHECKING

import click

from app.context import TEXTS, Options, guarded
from models.errors import UsageError

if TYPE_CHECKING:
    from app.service.server import Plan

_PORT = 8600
_WAIT_AT_THE_DESK, _WAIT_IN_THE_HOUSE = 16, 32
_LEAVING_SECONDS = 3


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=_PORT, show_default=True, help="0 takes any that is free.")
@click.option(
    "--base", default="", help="The knowledge base that customers ask (default: the last)."
)
@click.option("--title", default="", help="What stands above the customers' page.")
@click.option("--json", "as_json", is_flag=True, help="Say where it is as one JSON object.")
@click.pass_obj
@guarded
def serve(
    options: Options, /, host: str, port: int, base: str, title: str, *, as_json: bool
) -> None:
    """Serve customers' questions in the browser, and every skill to programs that have the key.

    Ends with Ctrl+C. On an address other than 127.0.0.1 whoever reaches this machine may ask the desk;
    put a web server with TLS before it.
    """
    import uvicorn

    from app.service.guard import service_key
    from app.service.server import Plan, application
    from app.service.worker import Worker

    source = _source(base)
    listening = _listen(host, port)
    plan = Plan(
        Worker(options.device, _WAIT_AT_THE_DESK), Worker(options.device, _WAIT_IN_THE_HOUSE),
        service_key(), source, title, local=_is_local(host),
    )  # fmt: skip
    _say_where(plan, listening, options, as_json)
    config = uvicorn.Config(
        application(plan), log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=_LEAVING_SECONDS,
    )  # fmt: skip
    with contextlib.suppress(KeyboardInterrupt):  # which it raises anew once all is put away
        uvicorn.Server(config).run(sockets=[listening])


def _source(name: str) -> dict[str, str]:
    """Return the base that customers ask, or the last one: fixed now, whatever is asked here later.

    Raises:
        UsageError: There is none of that name, or none at all.
    """
    from models.home import home
    from skills.faq.bases import find_base, last_base

    if name:
        return {"base": find_base(home(), name).name}
    last = last_base(home())
    if last is None:
        raise UsageError(TEXTS("service_no_base"))
    return {"base": last.name} if last.named else {"file": last.sources[0]}


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket at an address.

    Raises:
        UsageError: Something else listens there, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # who connects before the service is up waits
    except (OSError, OverflowError) as error:
        listening.close()
        raise UsageError(TEXTS("service_no_port", host=host, port=port, reason=error)) from error
    return listening


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say_where(plan: Plan, listening: socket.socket, options: Options, as_json: bool) -> None:
    host, port = listening.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if as_json:
        click.echo(json.dumps({"url": url, "key": plan.key}))
        return
    click.echo(options.say(TEXTS("service_up", url=url, secret=plan.key)))
    if not plan.local:
        click.echo(options.say(TEXTS("service_open")), err=True)
