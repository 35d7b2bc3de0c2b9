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
        scoring.from_files,
        precisions.rates,
        precisions.parity,
        scoring.released,
        retraining.cached_steps,
        retraining.memory,
        answering.answers,
        answering.in_graphs,
        answering.beams,
        answering.training,
        kinds.other_kinds,
        precisions.compiled,
    )
}
