//! What the llama.cpp version that longsight is built with knows by name. `tests/engine_files.rs` compares the first two lists with its
//! source.

/// Architectures.
const ARCHITECTURES: &str = "\
    clip llama llama4 deci falcon grok gpt2 gptj gptneox mpt baichuan starcoder refact bert modern-bert nomic-bert \
    nomic-bert-moe neo-bert jina-bert-v2 jina-bert-v3 eurobert bloom stablelm qwen qwen2 qwen2moe qwen2vl qwen3 qwen3moe \
    qwen3next qwen3vl qwen3vlmoe qwen35 qwen35moe clef qwen4exp phi2 phi3 phimoe plamo plamo2 plamo3 codeshell orion \
    internlm2 minicpm minicpm3 gemma gemma2 gemma3 gemma3n gemma4 gemma4-assistant gemma-embedding starcoder2 mamba mamba2 \
    maple jamba falcon-h1 xverse command-r cohere2 cohere2moe dbrx olmo olmo2 olmoe muse-glimmer openelm arctic deepseek \
    deepseek2 deepseek2-ocr deepseek32 deepseek4 chatglm glm4 glm4moe glm-dsa bitnet t5 t5encoder jais jais2 nemotron \
    nemotron_h nemotron_h_moe exaone exaone4 exaone-moe rwkv6 rwkv6qwen2 rwkv7 arwkv7 granite granitemoe granitehybrid \
    graniteswitch granite_swa chameleon wavtokenizer-dec plm bailingmoe bailingmoe2 bailingmoe3 dots1 dots3note arcee afmoe \
    laguna ernie4_5 ernie4_5-moe hunyuan-moe hunyuan-dense hunyuan_vl hy_v3 hy_v4 smollm3 gpt-oss lfm2 lfm2moe dream \
    smallthinker llada llada-moe seed_oss grovemoe apertus minimax-01 hrm_text minimax-m2 minimax-m3 cogvlm rnd1 \
    pangu-embedded mistral3 eagle3 dflash mistral4 paddleocr mimo2 step35 spark2_5 llama-embed maincoder kimi-linear kimi-k3 \
    glm5-next talkie mellum nanbeige qwen3tts pockettts";

/// Pre-tokenizers: ways of splitting text before BPE merges.
const CUTS: &str = "\
    default minicpm5 llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano deepseek-llm \
    deepseek-coder deepseek-v3 spark2_5 youtu falcon mpt starcoder gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es \
    jina-v2-de a.x-4.0 mellum modern-bert jais-2 gemma4 granite-embed-multi-311m mmbert sarvam-moe jina-v1-en jina-v2-code \
    roberta-bpe whitespace refact command-r qwen2 deepseek-r1-qwen kormo f2llmv2 qwen35 stablelm2 olmo dbrx smaug-bpe \
    poro-chat chatglm-bpe glm4 glm5 viking jais tekken smollm codeshell bloom gpt3-finnish exaone exaone4 exaone-moe \
    chameleon minerva-7b megrez gpt-4o llama4 kanana2 talkie granite-embed-multi-97m tiny_aya cohere2moe superbpe trillion \
    granite-docling bailingmoe bailingmoe2 llada-moe seed-coder hunyuan hunyuan-dense hy_v4 joyai-llm kimi-k2 ufakzeka \
    grok-2 afmoe laguna minimax-m2 solar-open mellum2";

/// Architectures for which llama.cpp asserts that a head's key and value have the same length, and that all of it is rotated by rope.
const ROTATED: &str = "\
    apertus arcee arctic baichuan chameleon codeshell cogvlm cohere2moe dbrx deci deepseek dots1 ernie4_5 ernie4_5-moe \
    exaone exaone-moe exaone4 falcon granite granite_swa granitemoe graniteswitch grok grovemoe hunyuan-dense hunyuan-moe \
    hunyuan_vl hy_v3 internlm2 jais2 llama llama4 maincoder mellum minicpm mistral3 olmo olmo2 olmoe orion paddleocr \
    pangu-embedded plamo qwen2 qwen2moe qwen2vl qwen3 qwen3moe qwen3vl qwen3vlmoe seed_oss smallthinker smollm3 starcoder2 \
    talkie xverse";

/// Architectures for which it asserts only the lengths.
const EVEN: &str = "\
    afmoe bailingmoe2 bitnet bloom chatglm cohere2 command-r glm4 glm4moe gpt2 gptneox granitehybrid jais laguna minimax-01 \
    minimax-m2 minimax-m3 mpt nemotron nemotron_h nemotron_h_moe openelm phi2 phi3 phimoe qwen qwen35 qwen35moe qwen3next \
    refact stablelm starcoder";

/// Architectures that do not generate text token by token: they translate, fill in, speak, judge, or draft for another model.
const OTHERWISE: &str = "\
    t5 t5encoder wavtokenizer-dec dream llada llada-moe rnd1 clef neo-bert eagle3 dflash gemma4-assistant pockettts qwen3tts";

/// Architectures whose tokens have positions in several dimensions.
const DIRECTED: &str = "qwen2vl qwen3vl qwen3vlmoe qwen35 qwen35moe qwen4exp paddleocr";

/// Architectures that are told which layers use sliding-window attention, of which at least one must.
const WINDOWED: &str = "dots3note gemma4 granite_swa maple mimo2 spark2_5 step35";

/// Architectures that must have experts.
const EXPERTS: &str = "llama4 bailingmoe2 grovemoe smallthinker glm4moe lfm2moe ernie4_5-moe";

fn holds(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|known| known == name)
}

/// Whether llama.cpp knows an architecture.
pub(super) fn architecture(name: &str) -> bool {
    holds(ARCHITECTURES, name)
}

/// An empty name and `default` mean llama.cpp's own way.
pub(super) fn cut(name: &str) -> bool {
    name.is_empty() || holds(CUTS, name)
}

/// Whether a head must be rotated completely.
pub(super) fn rotated(arch: &str) -> bool {
    holds(ROTATED, arch)
}

/// Whether the lengths of keys and values have to be equal.
pub(super) fn even(arch: &str) -> bool {
    holds(EVEN, arch) || rotated(arch)
}

/// Whether the architecture is one that does not generate text token by token.
pub(super) fn otherwise(arch: &str) -> bool {
    holds(OTHERWISE, arch)
}

/// Whether its positions have several dimensions.
pub(super) fn directed(arch: &str) -> bool {
    holds(DIRECTED, arch)
}

/// Whether the architecture has a pattern of windows.
pub(super) fn windowed(arch: &str) -> bool {
    holds(WINDOWED, arch)
}

/// Whether there have to be experts.
pub(super) fn needs_experts(arch: &str) -> bool {
    holds(EXPERTS, arch)
}

/// The names of the first two lists, for the test that compares them.
pub fn names() -> [Vec<&'static str>; 2] {
    [ARCHITECTURES, CUTS].map(|names| names.split_whitespace().collect())
}
