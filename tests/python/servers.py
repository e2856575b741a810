"""Databases and servers of the story: an SQLite file, a PostgreSQL cluster of its own, the program under test."""

import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading


@contextlib.contextmanager
def sqlite():
    """A path in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="homecoming-story-") as folder:
        yield f"{folder}/story.db"


@contextlib.contextmanager
def postgres():
    """The URL of an empty database in a cluster that goes away; None where there are no programs and CI doesn't demand them."""
    programs = postgres_programs()
    if programs is None:
        assert os.environ.get("CI") != "true", "CI=true demands PostgreSQL's programs: install Debian's package postgresql"
        print("story on PostgreSQL: skipped, its programs aren't there")
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="homecoming-story-") as folder:
        user = None
        if os.geteuid() == 0:  # PostgreSQL refuses to be run by root
            accounts = {account.pw_name for account in pwd.getpwall()}
            user = next(name for name in ("postgres", "nobody") if name in accounts)
            shutil.chown(folder, user)
        options = ["--username=homecoming", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        initdb = [programs / "initdb", "--pgdata", f"{folder}/data", *options]
        subprocess.run(initdb, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        port = free_port()
        command = [programs / "postgres", "-D", f"{folder}/data", "-h", "127.0.0.1", "-p", str(port), "-k", ""]
        server = subprocess.Popen(command, user=user, cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            log = ""
            while "ready to accept connections" not in log:
                line = server.stderr.readline()
                assert line, f"PostgreSQL doesn't start:\n{log}"
                log += line
            # Nobody reads on: what it logs from here has to go somewhere all the same.
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield f"postgres://homecoming@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)


def postgres_programs():
    """The folder with PostgreSQL's programs: in PATH, else Debian's newest."""
    initdb = shutil.which("initdb")
    if initdb:
        return pathlib.Path(initdb).parent
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    return pathlib.Path(debian[-1]).parent if debian else None


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def homecoming(program, database):
    """The address of a server that has said that it listens, and its owner's token; it has to end well when it is told to stop."""
    with tempfile.TemporaryDirectory(prefix="homecoming-story-") as folder:
        token = pathlib.Path(folder) / "owner.token"
        command = [program, "serve", "--listen", "127.0.0.1:0", "--database", database, "--token-file", str(token)]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            greeting = server.stdout.readline()
            yield greeting.split("http://")[1].split()[0], token.read_text().strip()
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=60) == 0, "the server didn't end well"
        finally:
            server.kill()
