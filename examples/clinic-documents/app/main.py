"""Sets a letter as PDF. Small on purpose: it is here to be built and to answer."""

import os
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from weasyprint import HTML

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=os.environ["CORS_ORIGINS"].split(","))
documents = Path("/app/documents")


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/letters/{number}")
def letter(number: int, text: str) -> dict[str, str]:
    target = documents / f"{number}.pdf"
    HTML(string=f"<p>{text}</p>").write_pdf(target)
    return {"path": str(target)}
