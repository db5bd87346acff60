//! The weights of the ranking, fitted by logistic regression on repositories that are not used for measuring: tokio, clap, axum, nushell,
//! helix, pydantic, scrapy, sphinx, pytest, celery, ansible, mitmproxy and poetry by names, sqlalchemy and sphinx by a type checker.
//!
//! `cargo bench --bench context -- fit FOLDER… FOLDER=GOLD…` fits weights and prints this file; `scripts/gold.py` writes the gold. These
//! were fitted by that method on a sample of the definitions, and weighed 3 to 2 with the fit before, which had seen other repositories.
//! None of them has type stubs: that stubs are wanted less (feature 44) was set by hand, looking at mypy.

/// Number of features.
pub const FEATURES: usize = 56;

pub const SEEN: [f32; FEATURES] = [
    -6.181, 1.682, -0.085, -0.645, 0.353, 0.222, 0.258, 0.269, -0.421, -0.003, 0.160, -0.957, 0.542, 0.325, -0.408, -2.247, 2.762, 0.026,
    0.399, -1.136, -0.162, -0.623, -3.607, 0.810, -0.766, -4.436, 0.022, 0.130, 0.019, 0.461, -1.198, -0.737, 2.746, 0.762, 0.419, 0.136,
    -0.084, -0.255, 0.753, -0.132, 0.037, -0.111, 0.649, -1.561, -1.200, -0.042, -0.330, -0.148, -0.051, 0.666, 0.281, -0.013, -0.979,
    1.273, -0.661, 1.963,
];
pub const UNSEEN: [f32; FEATURES] = [
    -9.147, 0.000, 0.000, 0.000, 0.000, 1.797, 0.340, 0.417, -0.840, -0.923, 1.446, 0.113, 0.909, 0.002, -0.357, -4.695, 7.657, 0.450,
    0.682, 1.775, 0.575, -0.393, -2.463, 0.516, -1.402, -3.694, -0.031, 0.000, -0.414, -0.053, -1.190, 0.360, 0.000, 1.812, 0.981, 0.292,
    -0.126, -0.690, 0.224, -0.199, 0.135, 0.065, 0.891, -0.738, -1.200, -0.107, -0.162, -0.181, -0.192, 0.874, -0.129, -0.118, -2.201,
    2.028, -1.552, 3.880,
];
