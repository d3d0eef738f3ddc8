"""Answers whether it is there. Small on purpose: it is here to be built and to answer."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
