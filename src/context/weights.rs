//! The weights of the ranking, fitted by logistic regression on repositories that are not used for measuring: tokio, clap, axum, serde,
//! syn, h2, pydantic, scrapy, sphinx, black, pytest and celery by names, sqlalchemy, sphinx and scrapy by a type checker.
//!
//! `cargo bench --bench context -- fit FOLDER… FOLDER=GOLD…` fits weights and prints this file; `scripts/gold.py` writes the gold. These
//! are such a fit, 3 to 2 with the one before, which had seen other repositories. None of them has type stubs: that stubs are wanted less
//! (feature 44) was set by hand, looking at mypy.

/// Number of features.
pub const FEATURES: usize = 52;

pub const SEEN: [f32; FEATURES] = [
    -5.575, 2.233, -0.073, -0.874, 0.411, 0.101, 0.425, 0.362, -0.498, 0.599, -0.624, -1.506, 0.585, 0.052, -0.375, -1.101, 2.748, -0.031,
    0.627, -0.650, -0.020, -0.832, -3.865, 0.309, -0.895, -3.573, -0.018, 0.197, 0.153, 0.314, -1.073, -0.654, 2.788, 0.897, 0.555, 0.188,
    -0.099, -0.252, 0.636, -0.188, -0.049, -0.081, 0.429, -1.265, -1.200, -0.016, -0.088, -0.081, -0.038, 0.514, 0.196, -0.020,
];
pub const UNSEEN: [f32; FEATURES] = [
    -8.713, 0.000, 0.000, 0.000, 0.000, 1.954, 0.537, 0.522, -0.836, -0.411, 0.926, -0.249, 0.379, -0.525, 0.245, -3.936, 7.659, 0.492,
    1.246, 1.396, 0.594, -0.890, -2.285, 0.257, -1.225, -2.795, 0.006, 0.000, -0.375, -0.105, -0.892, 0.019, 0.000, 1.675, 0.922, 0.321,
    -0.100, -0.394, 0.016, -0.297, -0.006, 0.022, 0.801, -0.231, -1.200, -0.226, -0.055, -0.081, -0.160, 0.544, -0.063, -0.100,
];
