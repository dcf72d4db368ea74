//! What a plugin is called in metrics, logs and faults.

pub(super) fn short_name(path: &'static str) -> &'static str {
    let plain = path.split('<').next().unwrap_or(path);
    let mut parts = plain.rsplit("::").filter(|part| *part != "{{closure}}");
    match parts.next() {
        Some("plugin") => parts.next().unwrap_or("plugin"),
        Some(name) => name,
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn plugin_name_comes_from_module_or_type() {
        assert_eq!(short_name("systems::lucidity::plugin"), "lucidity");
        assert_eq!(short_name("lantern::lantern"), "lantern");
        assert_eq!(short_name("tests::scene::{{closure}}"), "scene");
        assert_eq!(short_name("engine::Fog<u8>"), "Fog");
    }
}
