"""Files of complaints: uploaded, watched, their results downloaded."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.access.gate import Sender
from api.jobs.service import JobOut, JobService, Options
from api.problems import RefusedError
from api.routes.parameters import known_parameters
from api.schemas import Problem, Short
from classifier.errors import TableError

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {status: {"model": Problem} for status in (404, 422, 503)}


async def get_jobs(request: Request) -> JobService:
    """The jobs of this application."""
    jobs: JobService = request.app.state.jobs
    return jobs


Desk = Annotated[JobService, Depends(get_jobs)]


@router.post(
    "",
    summary="Take in a file of complaints",
    status_code=202,
    response_model=JobOut,
    dependencies=[Depends(known_parameters)],
    responses={
        200: {"model": JobOut, "description": "The same file was sent before"},
        **{status: {"model": Problem} for status in (408, 413, 415, 422, 503)},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file itself: CSV, TSV, Excel or JSON Lines, told by its content.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload_file(
    request: Request,
    response: Response,
    jobs: Desk,
    caller: Sender,
    name: Annotated[Short | None, Query(description="The file's name, to recognise it by.")] = None,
    text: Annotated[Short | None, Query(description="The column that holds the complaint.")] = None,
    sheet: Annotated[Short | None, Query(description="The Excel sheet; the first by default.")] = None,
    encoding: Annotated[Short | None, Query(description="Where the bytes don't tell: big5, utf-16-le.")] = None,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
) -> JobOut:
    """Keep the file and answer at once; a worker reads it row by row, and each complaint is kept once.

    The same file sent again is answered with its first job.
    """
    if content_type.startswith("multipart/"):
        detail = "A form was sent. Send the file itself as the body: curl --data-binary @complaints.csv."
        raise RefusedError("wrong-content-type", detail)
    from classifier.tables import known_encoding  # with it come 40 MiB of libraries, which few processes need

    try:
        codec = None if encoding is None else known_encoding(encoding)
    except TableError as error:
        raise RefusedError(
            "invalid-field", f"/query/encoding: {error.what}. {error.remedy}", "/query/encoding"
        ) from error
    options = Options(text_column=text, sheet=sheet, encoding=codec)
    job, created = await jobs.upload(request.stream(), name=name, options=options, caller=caller)
    response.status_code = 202 if created else 200
    response.headers["location"] = f"/v1/jobs/{job.job_id}"
    return job


@router.get(
    "",
    summary="List jobs",
    responses={503: {"model": Problem}, 422: {"model": Problem}},
    dependencies=[Depends(known_parameters)],
)
def list_jobs(jobs: Desk, caller: Sender, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> list[JobOut]:
    """The newest jobs: one's own, or with scope admin everybody's."""
    return jobs.newest(limit, caller)


@router.get("/{job_id}", summary="Show one job", responses=_PROBLEMS)
def show_job(job_id: Short, jobs: Desk, caller: Sender) -> JobOut:
    """How far it is, and what went wrong."""
    return jobs.find(job_id, caller)


@router.get(
    "/{job_id}/result",
    summary="Download a job's result",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        409: {"model": Problem},
        **_PROBLEMS,
    },
)
async def download_result(job_id: Short, jobs: Desk, caller: Sender) -> StreamingResponse:
    """A CSV file with a line per row: its line in the file, the complaint's id, what it is about, or what is wrong."""
    lines = await run_in_threadpool(jobs.result, job_id, caller)
    headers = {"content-disposition": f'attachment; filename="{job_id}.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)
