"""What a site of a statistics file must hold, computed by NumPy from all values together."""

import numpy as np


def check_site(name, site, batches):
    """`batches` are arrays of rows of f32, one a batch. Counts and extremes exactly, moments to 1e-12."""
    rows = np.concatenate(batches)
    finite = rows[np.isfinite(rows)].astype(np.longdouble)
    assert (site["count"], site["rows"]) == (rows.size, len(rows)), (name, site, rows.shape)
    assert site["batches"] == sum(np.isfinite(b).any() for b in batches), name
    expected = (np.isnan(rows).sum(), np.isinf(rows).sum(), (rows == 0).sum())
    assert (site["nans"], site["infinities"], site["zeros"]) == expected, name
    assert (site["minimum"], site["maximum"]) == (finite.min(), finite.max()), name
    total, squares = (np.longdouble(site[n]).sum() for n in ("sum", "sum_of_squares"))
    np.testing.assert_allclose(float(total / finite.size), float(finite.mean()), rtol=1e-12, err_msg=name)
    variance = squares / finite.size - (total / finite.size) ** 2
    np.testing.assert_allclose(float(variance), float(finite.var()), rtol=1e-10, err_msg=name)
    for column, extreme in (("batch_minima", np.min), ("batch_maxima", np.max)):
        all_batches = sum(extreme(b[np.isfinite(b)].astype(np.float64)) for b in batches if np.isfinite(b).any())
        np.testing.assert_allclose(site[column].sum(), all_batches, rtol=1e-12, err_msg=name)
    clean = np.where(np.isfinite(rows), rows, 0).astype(np.float64)
    assert (site["channel_magnitudes"] == abs(clean).max(0)).all(), name
    np.testing.assert_allclose(site["channel_squares"], (clean**2).sum(0), rtol=1e-12, err_msg=name)
    if site["has_products"]:
        np.testing.assert_allclose(site["products"], clean.T @ clean, rtol=1e-12, atol=1e-12 * (clean**2).sum())
    # np.histogram has bins [a, b): with signs turned (a, b].
    for sign, counts in ((1, site["positive_counts"]), (-1, site["negative_counts"])):
        magnitudes = sign * rows[np.isfinite(rows) & (sign * rows > 0)]
        edges = -site["edges"][::-1].astype(np.float64)
        expected = np.histogram(-magnitudes.astype(np.float64), edges)[0][::-1]
        # The last bin of np.histogram is closed: the lower edge of the first bin here.
        assert (magnitudes > site["edges"][0]).all() and (counts == expected).all(), name
