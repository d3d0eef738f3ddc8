//! Images that serve models of machine learning, by what those projects call them.

/// Words in the names of such images.
const WORDS: [&str; 9] =
    ["infinity", "llama", "localai", "ollama", "sglang", "tei", "tgi", "tritonserver", "vllm"];

/// Whether an image serves models, whose size no file tells; `repository` is its canonical name.
#[must_use]
pub fn serves_models(repository: &str) -> bool {
    repository.split(['/', '-', '.', '_']).any(|word| WORDS.contains(&word))
        || repository.contains("-generation-inference")
}

#[cfg(test)]
mod tests {
    use super::serves_models;

    #[test]
    fn servers_of_models_go_by_their_names() {
        assert!(serves_models("docker.io/ollama/ollama"));
        assert!(serves_models("docker.io/vllm/vllm-openai"));
        assert!(serves_models("ghcr.io/huggingface/text-generation-inference"));
        assert!(!serves_models("docker.io/library/postgres"));
    }
}
