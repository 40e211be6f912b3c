import numpy as np
from numpy.typing import NDArray

def fit(
    data: NDArray[np.float32],
    columns: NDArray[np.int32],
    starts: NDArray[np.int32],
    rows: NDArray[np.int32],
    sides: NDArray[np.int8],
    strengths: NDArray[np.float64],
    features: int,
    tol: float,
    most_rounds: int,
    bit_generator: np.random.BitGenerator,
) -> tuple[NDArray[np.float64], float, int]:
    """Fit one machine to some rows of a CSR matrix, `data`, `columns` and `starts`, of so many features.

    `sides` (1 or -1) and `strengths` (C) are those of `rows`. Returns weights, intercept, and rounds made.
    """
