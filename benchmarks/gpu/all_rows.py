"""All rows in the order in which they run: the most telling first."""

from benchmarks.gpu import answering, kinds, limits, precisions, retraining, scoring

ROWS = {
    row.name: row
    for row in (
        limits.machine,
        limits.ceiling,
        limits.flops,
        scoring.engine_rates,
        scoring.single_images,
        precisions.rates,
        scoring.from_files,
        retraining.cached_steps,
        answering.answers,
        precisions.parity,
        answering.training,
        answering.in_graphs,
        scoring.released,
        retraining.memory,
        answering.beams,
        kinds.other_kinds,
        precisions.compiled,
    )
}
