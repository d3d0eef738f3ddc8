"""The API, cut down to what the containers need: a health check, CORS, and one list."""

import json
import os

import psycopg
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

GENES = ["COL4A3", "COL4A4", "COL4A5", "PKD1", "PKD2", "UMOD"]

app = FastAPI(docs_url="/api/docs", openapi_url="/api/openapi.json")
app.add_middleware(
    CORSMiddleware,
    allow_origins=json.loads(os.environ.get("BACKEND_CORS_ORIGINS", "[]")),
    allow_credentials=True,
    allow_methods=["GET"],
)


def database_answers() -> bool:
    try:
        with psycopg.connect(
            host=os.environ.get("POSTGRES_HOST", "postgres"),
            dbname=os.environ["POSTGRES_DB"],
            user=os.environ["POSTGRES_USER"],
            password=os.environ["POSTGRES_PASSWORD"],
            connect_timeout=3,
        ) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


@app.get("/api/health")
def health(response: Response) -> dict[str, str]:
    healthy = database_answers()
    response.status_code = 200 if healthy else 503
    return {"status": "healthy" if healthy else "degraded", "service": "kidney_genetics_backend"}


@app.get("/api/genes")
def genes() -> list[str]:
    return GENES
