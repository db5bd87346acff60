"""Makes a recording of the frames that a run kept: gif.py FRAMES-FOLDER OUT.gif [WIDTH [MOST-MS]]. Needs Pillow.

No frame stands longer than MOST-MS (2500): where the machine was busy, its pauses are shortened.
"""

import json
import pathlib
import sys

from PIL import Image

folder, out = pathlib.Path(sys.argv[1]), sys.argv[2]
width = int(sys.argv[3]) if len(sys.argv) > 3 else 960
most = int(sys.argv[4]) if len(sys.argv) > 4 else 2500
times = json.loads((folder / "times.json").read_text())
files = sorted(folder.glob("*.png"))[: len(times)]
frames, durations = [], []
for at, file in enumerate(files):
    until = times[at + 1] if at + 1 < len(times) else times[at] + 2.5
    duration = max(20, min(most, round((until - times[at]) * 1000)))
    image = Image.open(file).convert("RGB")
    image = image.resize((width, round(image.height * width / image.width)), Image.LANCZOS)
    # Frames that come faster than a person sees are put together.
    if durations and durations[-1] < 90:
        durations[-1] += duration
        frames[-1] = image
    elif frames and frames[-1].tobytes() == image.tobytes():
        durations[-1] = min(most, durations[-1] + duration)
    else:
        frames.append(image)
        durations.append(duration)
palette = frames[-1].quantize(colors=64)
frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
frames[0].save(out, save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=True)
print(f"{out}: {len(frames)} frames, {sum(durations) / 1000:.1f} s, {pathlib.Path(out).stat().st_size // 1024} KB")
