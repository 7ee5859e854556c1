

# ---- what comes of the recipe; put behind the blocks of README.md ----

raw = [json.loads(line) for line in lines.splitlines()]
failed = 0


def check(what, got, want):
    global failed
    if got != want:
        failed += 1
        print(f"recipe: {what}: {got}, expected {want}")


check("rows of the corpus", len(raw) > 50, True)
check("keys are always there", {tuple(row) for row in raw},
      {tuple(features)})

# pandas
kinds = {"bytes": "int64", "sightings": "int64", "copies": "int64",
         "canonical": "bool", "lang_score": "float64", "tags": "object",
         "paths": "object", "relations": "object", **{
             name: "string" for name in texts}}
for name in raw[0]:
    got = str(articles[name].dtype)
    if name in ("published", "first_seen", "last_seen"):
        check(f"pandas {name}", got.startswith("datetime64[") and
              got.endswith(", UTC]"), True)
    else:
        check(f"pandas {name}", got, kinds[name])
check("pandas columns", list(articles.columns), list(raw[0]))
check("pandas ids", list(articles["id"]), [row["id"] for row in raw])
check("pandas titles that are unknown", int(articles["title"].isna().sum()),
      sum(row["title"] is None for row in raw))
check("pandas tags", list(articles["tags"]), [row["tags"] for row in raw])

# datasets
check("datasets features", dataset.features, features)
check("datasets rows", list(dataset), raw)

from datasets import load_dataset

loaded = load_dataset("json", data_files="news.jsonl", features=features,
                      split="train")
check("load_dataset features", loaded.features, features)
times = {"published", "first_seen", "last_seen"}
check("load_dataset rows",
      [{k: v for k, v in row.items() if k not in times} for row in loaded],
      [{k: v for k, v in row.items() if k not in times} for row in raw])
guessed = load_dataset("json", data_files="news.jsonl", split="train")
loose = [name for name in features
         if guessed.features[name] != features[name]]
print(f"recipe: {len(raw)} articles, {len(features)} columns, "
      f"{failed} wrong; without features= of another type: "
      f"{', '.join(loose) or 'none'}")
raise SystemExit(failed != 0)
