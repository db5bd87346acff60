//! The weights of the ranking, fitted by logistic regression on repositories that are not used for measuring: tokio, clap, axum, serde,
//! syn, h2, pydantic, scrapy, sphinx, black, pytest and celery by names, sqlalchemy, sphinx and scrapy by a type checker.
//!
//! `cargo bench --bench context -- fit FOLDER… FOLDER=GOLD…` fits them again and prints this file; `scripts/gold.py` writes the gold.

/// Number of features.
pub const FEATURES: usize = 52;

pub const SEEN: [f32; FEATURES] = [
    -6.259, 3.015, -0.422, -0.924, 0.530, 0.259, 0.147, 0.046, -0.759, 1.409, -1.437, -1.990, 1.000, 0.093, -0.236, 0.186, 1.625, -0.176,
    0.793, 0.741, -0.003, -0.950, -5.160, -0.382, -0.784, -1.743, -0.171, 0.548, 0.420, 0.476, -1.925, -0.421, 2.804, 1.423, 0.848, 0.030,
    -0.118, -0.222, 0.409, -0.279, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
];
pub const UNSEEN: [f32; FEATURES] = [
    -9.046, 0.000, 0.000, 0.000, 0.000, 1.159, 0.393, 0.051, -0.507, -0.085, 0.481, -0.471, 0.900, -0.583, 0.500, -1.695, 5.417, 0.537,
    1.761, 1.071, 0.556, -0.997, -2.916, -0.637, -0.698, -0.900, -0.336, 0.000, 0.338, 0.035, -1.057, -0.107, 0.000, 1.410, 1.507, 0.020,
    -0.184, 0.308, 0.185, -0.207, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
];
