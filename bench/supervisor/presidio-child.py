# Asks Presidio's pattern recognisers (no language model, which its package does not contain).
# Reads JSON lines {id, text} and writes {id, kinds}.
import json
import sys
import time

from presidio_analyzer import RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts

registry = RecognizerRegistry()
registry.load_predefined_recognizers(languages=["en"])
recognisers = [
    r for r in registry.get_recognizers(language="en", all_fields=True)
    if "Spacy" not in type(r).__name__ and "NLP" not in type(r).__name__.upper()
]
for line in sys.stdin:
    item = json.loads(line)
    started = time.perf_counter()
    kinds = set()
    for recogniser in recognisers:
        for found in recogniser.analyze(item["text"], recogniser.supported_entities, None) or []:
            if found.score >= 0.35:
                kinds.add(found.entity_type)
    us = (time.perf_counter() - started) * 1e6
    print(json.dumps({"id": item["id"], "kinds": sorted(kinds), "us": us}), flush=True)
