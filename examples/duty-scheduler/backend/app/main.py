"""Answers whether it is there. Small on purpose: it is here to be built and to answer."""

import os

from fastapi import FastAPI

if len(os.environ["SECRET_KEY"]) < 32:
    raise SystemExit("SECRET_KEY must be at least 32 characters")

app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
