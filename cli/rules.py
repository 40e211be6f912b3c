"""``complaints rules``: the routing rules checked, explained, compared, switched."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.dryrun import Comparison, compare, of_database, of_file
from api.rules import Rules
from api.schemas import ClassifyRequest
from api.service import Service
from api.settings import load_settings
from api.storage import Act, Database, Rulebooks, open_database
from classifier.errors import ComplaintsError, RulesError
from classifier.routing import BUNDLED, CHANNELS, in_china, read_rules
from classifier.taxonomy import BUNDLED as TAXONOMY
from classifier.taxonomy import Taxonomy
from cli.answers import show_routing
from cli.terminal import err, out, progress_bar, reporting, result_table
from models import Registry, store_path

rules = typer.Typer(
    no_args_is_help=True, help="路由规则：检查、解释、比较、切换。 Routing rules: check, explain, compare, switch."
)

File = Annotated[Path, typer.Argument(help="规则文件 A rules file (TOML).")]


@contextmanager
def _in_force() -> Iterator[tuple[Service, Rules, Database]]:
    """The model, the rules that the service has now, and the cases."""
    settings = load_settings()
    database = open_database(settings.cases)
    try:
        service = Service(Registry(store_path()).load(), settings.taxonomy)
        yield service, Rules(database, service, settings.calendar), database
    finally:
        database.dispose()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ComplaintsError(
            f"cannot be read ({error})", where=str(path), remedy="Give a TOML file in UTF-8."
        ) from error


@rules.command()
def check(file: File) -> None:
    """检查规则文件：行号、问题、改法。 Check a file: everything that is wrong, with line and remedy."""
    with reporting():
        settings = load_settings()
        taxonomy = Taxonomy.load(settings.taxonomy or TAXONOMY)
        text = _text(file)
    try:
        book = read_rules(text, taxonomy, source=str(file))
    except RulesError as error:
        for found in error.findings:
            out.print(f"{file}:{found.line}: {found.what}. {found.remedy}", markup=False, soft_wrap=True)
        err.print(f"[bold red]{len(error.findings)}处问题[/] {len(error.findings)} found")
        raise typer.Exit(2) from error
    out.print(f"没有问题 no fault: {len(book.rules)} 条规则 rules, 版本 version {book.version}")


@rules.command()
def show() -> None:
    """打印在用的规则文件，可作为自己规则的起点。 Print the file in force, to begin one's own from."""
    with reporting():
        database = open_database(load_settings().cases)
        newest = Rulebooks(database).newest()
        database.dispose()
    typer.echo(BUNDLED.read_text(encoding="utf-8") if newest is None else newest["text"], nl=False)


@rules.command()
def explain(
    text: Annotated[str, typer.Argument(help="投诉内容 The complaint.")],
    file: Annotated[Path | None, typer.Option("--rules", help="别的规则文件 Other rules than those in force.")] = None,
    channel: Annotated[str | None, typer.Option(help=f"投诉渠道 {', '.join(CHANNELS)}")] = None,
    branch: Annotated[str | None, typer.Option(help="被投诉网点 The complained-about branch.")] = None,
) -> None:
    """说明一条投诉为什么去那里：哪些规则触发，哪些没有。 Say why a complaint goes where it goes, rule by rule."""
    with reporting(), _in_force() as (service, in_force, _):
        serving = service.serving
        if file is not None:
            serving = replace(serving, book=in_force.read(_text(file), str(file)))
        try:
            request = ClassifyRequest.model_validate(
                {"text": text, "channel": channel, "branch": branch, "explain": True}
            )
        except ValidationError as error:
            where = "--" + "".join(map(str, error.errors()[0]["loc"]))
            raise ComplaintsError(error.errors()[0]["msg"], where=where, remedy="Correct it.") from error
        answer = serving.classify(request)
    show_routing(text, answer)


@rules.command()
def diff(
    new: File,
    on: Annotated[Path | None, typer.Option(help="投诉文件 A file of complaints.")] = None,
    sql: Annotated[bool, typer.Option("--sql", help="案件库中的全部案件 All cases of the database.")] = False,
    text_column: Annotated[str | None, typer.Option("--text", help="投诉内容所在列 The text's column.")] = None,
) -> None:
    """试算：换成新规则，多少案件会从哪里到哪里。 Dry run: how many cases would move from where to where."""
    with reporting(), _in_force() as (service, in_force, database):
        if (on is None) != sql:
            raise ComplaintsError("give a file or --sql", where="--on, --sql", remedy="One of the two.")
        then = in_force.routing(in_force.read(_text(new), str(new)))
        with progress_bar() as bar:
            task = bar.add_task("试算 dry run", total=None)
            cases = of_database(database) if on is None else of_file(on, service.serving, text_column)
            found = compare(cases, service.serving.router, then, lambda done: bar.update(task, completed=done))
    _show(found)


@rules.command()
def use(
    file: File,
    why: Annotated[str, typer.Option(help="为什么切换，会存档 Why; it is kept.", prompt="为什么切换 why")],
) -> None:
    """检查并启用规则文件；各进程5秒内生效。 Check a file and put it in force; every process takes it up within 5 s."""
    with reporting(), _in_force() as (_, in_force, _):
        book = in_force.switch(_text(file), str(file), why, Act(getpass.getuser(), "switch rules"))
    out.print(f"已启用 in force: {book.version}，{len(book.rules)} 条规则 rules")


@rules.command()
def history() -> None:
    """谁、何时、为什么切换过规则。 Who switched the rules, when and why."""
    with reporting():
        database = open_database(load_settings().cases)
        switches = Rulebooks(database).all()
        database.dispose()
    if not switches:
        out.print("一直使用自带规则。 The rules of the program have been in force all along.")
        return
    table = result_table("版本 version", "时间 time", "谁 who", "为什么 why", text_columns=4)
    for row in switches:
        table.add_row(row["version"], in_china(row["taken_at"].replace(tzinfo=UTC)), row["taken_by"], row["reason"])
    out.print(table)


def _show(found: Comparison) -> None:
    out.print(f"案件 cases {found.cases:,}，有变化 changed {found.changed:,}，读不出 unread {found.unread:,}")
    if not found.moves:
        return
    table = result_table("变化 change", "从 from", "到 to", "件数 cases", text_columns=3)
    for (what, before, after), move in found.most():
        table.add_row(what, before, after, f"{move.cases:,}")
    out.print(table)
    out.print()
    for (what, before, after), move in found.most():
        out.print(f"{what} {before} → {after}", style="bold")
        for name, text in move.examples:
            out.print(f"  {name}  {text}", markup=False, soft_wrap=True)
