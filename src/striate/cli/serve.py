"""Serve models over HTTP: POST an image, get the most probable classes as JSON. Only on this machine by default."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import os
import secrets
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from striate.cli.arguments import MODEL_HELP, path_argument
from striate.cli.engine import add_calibration, add_engine_arguments, calibrated, check_calibration, engine_options
from striate.cli.named_models import decoded, model_paths, named_path
from striate.cli.output import print_json, print_message, print_text
from striate.errors import StriateError
from striate.models import shipped_models
from striate.paths import expand
from striate.text import is_printable, safe_name

if TYPE_CHECKING:
    from striate.inference import Predictor

NAME = "serve"
HELP = "answer over HTTP"
EXAMPLE = (
    "striate serve lenet5 pets=runs/pets\n"
    "         curl -H 'Content-Type: image/jpeg' --data-binary @cat.jpg"
    " http://127.0.0.1:8000/v1/models/pets/predict"
)

_FIRST = "lenet5"
"""Of the models that ship: what the page opens with."""
_NAMED_SETS = ("digits", "mnist", "fashion-mnist", "cifar10")
_CLASSES = "classes"
"""The folder beside that of the runs with a folder for each class of pupils."""
_MOST_FIGURES = 20
_LONGEST_CLASS = 40
_CLASS_CONNECTIONS = 400  # of one address: of a device six, behind a proxy those of all
_BATCH = 1  # pictures, for which the engine is chosen: with larger batches engines differ less


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate serve`."""
    parser.add_argument(
        "models", metavar="MODEL", nargs="*", help=f"{MODEL_HELP}, or NAME=MODEL; all that ship if none"
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="0 for any that is free (8000)")
    parser.add_argument(
        "--runs", default="runs", metavar="DIR", type=path_argument, help="where the page's trainings are kept (runs)"
    )
    parser.add_argument(
        "--data", action="append", metavar="FOLDER", help="to train on in the page, or NAME=FOLDER; again for more"
    )
    parser.add_argument(
        "--data-dir", metavar="DIR", type=path_argument, help="where named data sets lie ($STRIATE_DATA, the cache)"
    )
    parser.add_argument(
        "--class",
        dest="class_name",
        metavar="NAME",
        help="let a class draw on phones and tablets, with the first model: a page for the projector, one for them;"
        " NAME=FOLDER for their drawings (classes/NAME beside the runs)",
    )
    parser.add_argument("--token", metavar="TEXT", help="what clients must send as a bearer token ($STRIATE_TOKEN)")
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="HOST",
        help="NAME or NAME:PORT by which a proxy or a forwarded port reaches the server; again for more",
    )
    parser.add_argument(
        "--allow-frame",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="https://HOST whose pages may show the page in a frame; again for more",
    )
    add_engine_arguments(parser)
    add_calibration(parser)


def run(options: argparse.Namespace) -> None:
    """Load the models and serve until a signal stops the server."""
    check_calibration(options)
    paths, folders = _paths(options), _data_folders(options)
    class_name, class_folder = _class(options, folders)
    token = options.token if options.token is not None else os.environ.get("STRIATE_TOKEN")
    if token is not None and not (token and token.isascii() and token.isprintable() and " " not in token):
        options.wrong_usage("the token must be ASCII letters, digits and signs, without spaces")
    listening = _bind(options.host, options.port)
    with listening:
        loopback = _is_loopback(listening)
        if not loopback and token is None:
            if not class_name:
                options.wrong_usage(
                    f"{options.host} is reached from other machines: --token or $STRIATE_TOKEN is needed"
                )
            token = options.token = secrets.token_urlsafe(16)  # the pupils' devices need none

        from striate.data import describe_folder
        from striate.inference import Predictor
        from striate.runs import DatasetCatalog
        from striate.web import ClassSettings, LabSettings, Service, Settings, page_addresses, serve, with_token

        _check_browsers(options)
        for folder in folders.values():
            print_message(describe_folder(Path(folder)))
        models = {
            name: _with_engine(Predictor.load(path, **engine_options(options)), options) for name, path in paths.items()
        }
        offered = {**folders, **({class_name: class_folder} if class_name else {})}
        catalog = DatasetCatalog(
            {name: str(Path(folder).absolute()) for name, folder in offered.items()}, options.data_dir
        )
        lab = LabSettings(Path(options.runs), catalog, options.device)
        settings = Settings(
            host=options.host,
            loopback=loopback,
            token=token,
            allowed_hosts=tuple(options.allowed_host),
            frame_origins=tuple(options.allow_frame),
            pages=() if loopback else tuple(page_addresses(listening)),
            address_connections=_CLASS_CONNECTIONS if class_name else Settings.connections,
        )
        class_settings = None
        if class_name:
            _check_figures(options, models)
            class_settings = ClassSettings(class_name, Path(class_folder))
        # A token of the environment is not written to logs.
        shown_token = token if options.token is not None or (sys.stdout.isatty() and not options.json) else None
        pages = [with_token(page, shown_token) for page in page_addresses(listening)]
        service = Service(models, settings, lab, class_settings)
        class_pages = {}
        if service.classroom is not None:
            key = service.classroom.store.key
            class_pages = _class_pages(page_addresses(listening)[0], key, shown_token)
            if loopback and not options.allowed_host:
                print_message(f"only this machine reaches {options.host}; --host 0.0.0.0 lets the class's devices in")
        stopped_by = serve(
            service, listening, lambda: _announce(listening, models, pages, class_pages, as_json=options.json)
        )
    if (training := service.lab.runs.running()) is not None:
        run = service.lab.runs.folder / training.run
        print_message(f"the training of {run} continues; {_how_to_stop(training.pid)}")
    if stopped_by is not None:
        print_message("stopped")
        sys.exit(128 + stopped_by)


def _check_browsers(options: argparse.Namespace) -> None:
    """Wrong usage unless --allowed-host and --allow-frame are what browsers send."""
    from striate.web import is_host, is_origin

    for host in options.allowed_host:
        if not is_host(host):
            options.wrong_usage(f"--allowed-host {host}: expected a name, or NAME:PORT, without http:// and /")
    for origin in options.allow_frame:
        if not is_origin(origin):
            options.wrong_usage(f"--allow-frame {origin}: expected https://HOST, with :PORT if it has one")


def _how_to_stop(pid: int) -> str:
    """For a training that outlives the server."""
    how = "Stop in the page of the next `striate serve`" if sys.platform == "win32" else f"`kill {pid}`"
    return f"{how} ends it, with a checkpoint"


def _with_engine(predictor: Predictor, options: argparse.Namespace) -> Predictor:
    """The predictor with its engine chosen, before the first request."""
    if options.calibrate is None:
        predictor.choose_engine(batch=_BATCH)
    return calibrated(predictor, options.calibrate)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 2**16):
        raise argparse.ArgumentTypeError(f"expected a port, 0 to 65535, got {text!r}")
    return int(text)


def _paths(options: argparse.Namespace) -> dict[str, str]:
    """The models' paths, by the names that addresses call them."""
    # One data set calibrates one kind of model.
    all_that_ship = sorted(shipped_models(), key=lambda name: name != _FIRST) if options.calibrate is None else [_FIRST]
    return model_paths(options.models or all_that_ship, options.wrong_usage)


def _data_folders(options: argparse.Namespace) -> dict[str, str]:
    """The folders that the page may train on, by the names that it shows."""
    folders: dict[str, str] = {}
    for text in options.data or []:
        name, folder = named_path(text)
        if not folder or not Path(folder).is_dir():
            options.wrong_usage(f"--data {text}: no such folder")
        if not is_printable(name) or name in ("", *_NAMED_SETS) or name in folders:
            options.wrong_usage(f"--data {text}: the name {name!r} is taken or cannot be shown; give NAME=FOLDER")
        folders[name] = folder
    return folders


def _class(options: argparse.Namespace, folders: Iterable[str]) -> tuple[str, str]:
    """The name and the folder of the class, which is data to train on too; two empty texts without a class."""
    if options.class_name is None:
        return "", ""
    name, equals, folder = options.class_name.partition("=")
    name = decoded(name).strip()
    if not name or not is_printable(name) or len(name) > _LONGEST_CLASS or (equals and not folder):
        options.wrong_usage(
            f"--class {options.class_name}: expected a name of {_LONGEST_CLASS} letters, or NAME=FOLDER"
        )
    if name in (*_NAMED_SETS, *folders):
        options.wrong_usage(f"--class {options.class_name}: the name {name!r} is that of a data set; give another")
    return name, expand(folder) if equals else str(Path(options.runs).parent / _CLASSES / safe_name(name))


def _check_figures(options: argparse.Namespace, models: Mapping[str, Predictor]) -> None:
    """Wrong usage unless the first model has few classes, each a button on a phone."""
    name, model = next(iter(models.items()))
    if len(model.classes) > _MOST_FIGURES:
        options.wrong_usage(
            f"--class: {name}, the first model, has {len(model.classes)} classes; a class can vote on {_MOST_FIGURES}"
        )


def _class_pages(page: str, key: str, token: str | None) -> dict[str, str]:
    """The address of the projector's page, which carries the teacher's key and the token in its fragment, and that of
    the devices."""
    secret = f"key={key}" if token is None else f"key={key}&token={quote(token, safe='')}"
    return {"projector": f"{page}class#{secret}", "devices": f"{page}c"}


def _bind(host: str, port: int) -> socket.socket:
    """The socket, before anything is loaded: a port that is taken is an error at once."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not to wait for old connections
        try:
            bound.bind(address)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StriateError(f"{host}:{port}: another program listens there; --port takes another") from None
        raise StriateError(f"{host}:{port}: {error.strerror or error}") from None
    return bound


def _is_loopback(bound: socket.socket) -> bool:
    return ipaddress.ip_address(bound.getsockname()[0].partition("%")[0]).is_loopback


def _announce(
    bound: socket.socket, names: Iterable[str], pages: Sequence[str], class_pages: Mapping[str, str], *, as_json: bool
) -> None:
    """What is served, and the addresses that open the page: on a server for others those that others can reach."""
    host, port, *_ = bound.getsockname()
    if as_json:
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        document = {"schema": 1, "address": address, "pages": list(pages), "models": list(names)}
        print_json({**document, "class": class_pages} if class_pages else document)
    else:
        print_text(f"serving {', '.join(names)} at {pages[0].removesuffix('/')} (Ctrl-C stops)")
        for page in pages[1:]:
            print_text(f"also at {page.removesuffix('/')}")
        if class_pages:
            print_text(f"the class's page for the projector: {class_pages['projector']}")
            print_text(f"for phones and tablets: {class_pages['devices']}")
    sys.stdout.flush()
