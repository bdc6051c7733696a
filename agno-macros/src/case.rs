//! Names in another case.

/// `FactCheck` → `fact_check`, `HTTPClient` → `http_client`, `V2Draft` → `v2_draft`.
pub(crate) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, &char) in chars.iter().enumerate() {
        let after_word = index > 0 && (chars[index - 1].is_lowercase() || chars[index - 1].is_ascii_digit());
        let before_word = index > 0 && chars[index - 1].is_uppercase() && chars.get(index + 1).is_some_and(|next| next.is_lowercase());
        if char.is_uppercase() && (after_word || before_word) {
            snake.push('_');
        }
        snake.extend(char.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn words_are_found_by_their_capitals() {
        for (name, snake) in [
            ("FactCheck", "fact_check"),
            ("HTTPClient", "http_client"),
            ("V2Draft", "v2_draft"),
            ("ABTest", "ab_test"),
            ("Writer", "writer"),
            ("already_snake", "already_snake"),
            ("Snake_Camel", "snake_camel"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }
}
