#!/usr/bin/env python3
"""Fits the trees of the ranking's second look, and tries them without a build.

  cargo bench --bench context -- dump DUMPS FOLDER…      writes what the ranking knows at each place of a repository
  trees.py fit DUMPS NAME… > src/context/rank/trees.txt  fits trees to these repositories
  trees.py try DUMPS NAME…                               packs places of other ones with and without the trees, and prints the recall

NAME is a file of DUMPS without its ending. What is added to the features here is what `src/context/rank/second.rs` adds.
Needs: pip install numpy lightgbm.
"""
import heapq, pathlib, re, sys
import lightgbm, numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD, FIRST, HOPELESS, NOTHING = 11, 1500, -9.0, 1e-4
TREES, LEAVES, RATE = 160, 16, 0.1
# What the file does not show yet tells a model more than the signature of what it sees used: it counts so many times.
FORESEEN = 3
SITE, GOLD, WEIGHT, BYTES, PATH, FILE, NAME, SEEN, GOLDS, SHOWN, MODULE = range(HEAD)
LOOKS = ["OnlyForTests", "Hidden", "Far", "ImportedElsewhere", "DefinedHere", "SharesType", "SharesTypes", "SharesName", "SharesNear"]
ADDED = ["Seen", "LogOdds", "Place", "FileOthers", "FilePlace", "FileCandidates", "NameOthers", "NamePlace", "Bytes"]
BUDGETS, BYTES_PER_TOKEN = (1024, 4096, 16384), 3.35


def weights():
    lines = re.findall(r"^    \((\w+), (-?[\d.]+), (-?[\d.]+)\),$", (ROOT / "src/context/weights.rs").read_text(), re.M)
    return [line[0] for line in lines], numpy.array([[float(line[1]) for line in lines], [float(line[2]) for line in lines]], "f4")


FEATURES, (SEEN_WEIGHTS, UNSEEN_WEIGHTS) = weights()


def sites(dumps, name):
    """The definitions of each place with their first log-odds."""
    rows = numpy.fromfile(f"{dumps}/{name}.bin", "<f4").reshape(-1, HEAD + len(FEATURES) + len(LOOKS))
    for site in numpy.split(rows, numpy.flatnonzero(numpy.diff(rows[:, SITE])) + 1):
        values = site[:, HEAD:HEAD + len(FEATURES)]
        yield site, numpy.where(site[:, SEEN] > 0, values @ SEEN_WEIGHTS, values @ UNSEEN_WEIGHTS)


def group(keys, likely):
    """The sum of the others of a group, how many came before, and how many there are."""
    _, group = numpy.unique(keys, return_inverse=True)
    place, count = numpy.zeros(len(keys)), numpy.zeros(group.max(initial=0) + 1, int)
    for at, number in enumerate(group):
        place[at] = count[number]
        count[number] += 1
    return numpy.bincount(group, likely)[group] - likely, place, count[group]


def look_again(site, odds):
    """Which rows are looked at again, and how the trees see them."""
    chosen = numpy.argsort(-odds, kind="stable")[:FIRST]
    chosen = chosen[odds[chosen] > HOPELESS]
    rows, likely = site[chosen], 1 / (1 + numpy.exp(-odds[chosen]))
    (of_file, file_place, files), (of_name, name_place, names) = group(rows[:, FILE], likely), group(rows[:, NAME], likely)
    added = [rows[:, SEEN], odds[chosen], numpy.log1p(numpy.arange(len(chosen))), numpy.log(of_file.clip(0) + NOTHING), numpy.log1p(file_place),
             numpy.log1p(files), numpy.log(of_name.clip(0) + NOTHING), numpy.log1p(name_place), numpy.log1p(rows[:, BYTES])]
    return chosen, numpy.hstack([rows[:, HEAD:], numpy.stack(added, 1)])


def fit(dumps, names):
    examples, used, weight, draw = [], [], [], numpy.random.RandomState(7)
    for name in names:
        places = list(sites(dumps, name))
        for site, odds in places:
            chosen, rows = look_again(site, odds)
            gold, early = site[chosen, GOLD] >= 0, numpy.arange(len(chosen)) < 300
            # The likeliest decide; of the others a few stand for all.
            share = numpy.where(gold, 1, numpy.where(early, 0.5, 0.15))
            kept = draw.rand(len(chosen)) < share
            times = numpy.where(gold & (site[chosen, SHOWN] == 0), FORESEEN, 1)
            examples.append(rows[kept]); used.append(gold[kept]); weight.append((100 / len(places) / share * times)[kept])
    data = lightgbm.Dataset(numpy.concatenate(examples), numpy.concatenate(used).astype(int), weight=numpy.concatenate(weight), params={"max_bin": 63})
    options = {"objective": "binary", "num_leaves": LEAVES, "max_depth": 8, "learning_rate": RATE, "min_data_in_leaf": 60, "feature_fraction": 0.5,
               "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5, "max_bin": 63, "verbose": -1, "seed": 7}
    return lightgbm.train(options, data, TREES)


def text(model, names):
    def preorder(node):
        if "leaf_value" in node:
            return f"{node['leaf_value']:.4g}"
        return f"{node['split_feature']}<{node['threshold']:.6g} {preorder(node['left_child'])} {preorder(node['right_child'])}"

    trees = [preorder(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]
    head = ["# Written by scripts/trees.py. Fitted on " + ", ".join(re.sub("^(git|py|rs)-", "", name) for name in names) + ".",
            "columns " + " ".join(FEATURES + LOOKS + ADDED)]
    return "\n".join(head + trees) + "\n"


def read(path):
    """The trees of a file as functions of rows."""
    def branch(words):
        word = next(words)
        if "<" not in word:
            return lambda rows: numpy.full(len(rows), float(word))
        column, threshold = word.split("<")
        below, above = branch(words), branch(words)
        return lambda rows: numpy.where(rows[:, int(column)] <= float(threshold), below(rows), above(rows))

    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "columns " + " ".join(FEATURES + LOOKS + ADDED), "the trees are of another version"
    trees = [branch(iter(line.split(" "))) for line in lines[1:]]
    return lambda rows: sum(tree(rows) for tree in trees)


def pack(site, likely, room):
    """Which gold is in a pack of so many bytes: the selection of `src/context/select.rs`."""
    cost, naming = site[:, BYTES] + 1, site[:, PATH] + 12
    apart, named = (likely / (cost + 12) ** 0.9).tolist(), (likely / (cost + naming + 12) ** 0.9).tolist()
    order = numpy.argsort(-numpy.array(apart), kind="stable")[:max(400, int(room / BYTES_PER_TOKEN) // 4)].tolist()
    files, done, shares, used, found = {}, set(), {}, 0, set()
    for at in order:
        files.setdefault(site[at, FILE], []).append(at)
    heap = [(-named[at], at) for at in order]
    heapq.heapify(heap)
    opened = set()
    while heap:
        offered, at = heapq.heappop(heap)
        if at in done:
            continue
        share = shares.get(site[at, NAME], 1.0)
        if share < 1 and -offered > apart[at] * share:
            heapq.heappush(heap, (-apart[at] * share * 0.999, at))
            continue
        done.add(at)
        price = cost[at] + (0 if site[at, FILE] in opened else naming[at])
        if used + price > room:
            if room - used < 40:
                break
            continue
        used += price
        shares[site[at, NAME]] = max(share * 0.25, 0.04)
        found.add(int(site[at, GOLD]))
        if site[at, FILE] not in opened:
            opened.add(site[at, FILE])
            for other in files[site[at, FILE]]:
                if other not in done:
                    heapq.heappush(heap, (-apart[other], other))
    return found


def compare(dumps, names):
    trees = read(ROOT / "src/context/rank/trees.txt")
    for name in names:
        for label in ("first look", "second look"):
            line = f"{name:20} {label:12}"
            places = list(sites(dumps, name))[:60]
            for budget in BUDGETS:
                hit = gold = hit_unseen = unseen = 0
                for site, odds in places:
                    odds = odds.copy()
                    if label == "second look":
                        chosen, rows = look_again(site, odds)
                        odds[chosen] = trees(rows)
                        odds += site[:, MODULE]
                    found = pack(site, 1 / (1 + numpy.exp(-odds)), budget * BYTES_PER_TOKEN)
                    known = {int(row[GOLD]): row[SHOWN] for row in site[site[:, GOLD] >= 0]}
                    gold += int(site[0, GOLDS]); hit += sum(number in found for number in known)
                    unseen += sum(shown == 0 for shown in known.values())
                    hit_unseen += sum(shown == 0 and number in found for number, shown in known.items())
                line += f" | {budget}: {hit / max(gold, 1):.3f} {hit_unseen / max(unseen, 1):.3f}"
            print(line, flush=True)


if __name__ == "__main__":
    what, dumps, *names = sys.argv[1:]
    if what == "fit":
        print(text(fit(dumps, names), names), end="")
    else:
        compare(dumps, names)
