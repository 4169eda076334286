"""Writes golden values as text that tests/golden_file.h reads: "name count", then the numbers."""


def write(path, entries):
    with open(path, "w") as f:
        for name, values in entries:
            flat = values.reshape(-1).tolist()
            f.write(f"{name} {len(flat)}\n")
            for i in range(0, len(flat), 12):
                f.write(" ".join(f"{v:.17g}" if isinstance(v, float) else str(v) for v in flat[i:i + 12]) + "\n")
