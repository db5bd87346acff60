//! The weights of the ranking, fitted by logistic regression on repositories that are not used for measuring: tokio, clap, axum, serde,
//! syn, h2, pydantic, scrapy, sphinx, black, pytest and celery by names, sqlalchemy, sphinx and scrapy by a type checker.
//!
//! `cargo bench --bench context -- fit FOLDER… FOLDER=GOLD…` fits them again and prints this file; `scripts/gold.py` writes the gold.

/// Number of features.
pub const FEATURES: usize = 52;

pub const SEEN: [f32; FEATURES] = [
    -5.119, 1.711, 0.160, -0.841, 0.332, -0.004, 0.610, 0.572, -0.324, 0.059, -0.082, -1.183, 0.309, 0.025, -0.468, -1.959, 3.497, 0.066,
    0.516, -1.577, -0.031, -0.753, -3.001, 0.770, -0.969, -4.793, 0.083, -0.037, -0.025, 0.205, -0.505, -0.809, 2.778, 0.547, 0.360, 0.293,
    -0.087, -0.273, 0.787, -0.127, -0.081, -0.135, 0.715, -2.108, -0.243, -0.027, -0.146, -0.135, -0.064, 0.857, 0.327, -0.033,
];
pub const UNSEEN: [f32; FEATURES] = [
    -8.491, 0.000, 0.000, 0.000, 0.000, 2.485, 0.633, 0.835, -1.056, -0.628, 1.222, -0.101, 0.032, -0.487, 0.074, -5.429, 9.153, 0.462,
    0.903, 1.612, 0.619, -0.819, -1.864, 0.853, -1.577, -4.058, 0.235, 0.000, -0.850, -0.198, -0.782, 0.103, 0.000, 1.851, 0.532, 0.521,
    -0.044, -0.862, -0.097, -0.358, -0.011, 0.036, 1.335, -0.385, 0.000, -0.377, -0.092, -0.135, -0.266, 0.907, -0.105, -0.167,
];
