//! A world's own color, made legible on light paper and on dark.

/// The darkest and the lightest paper of the client's style sheet that the color stands on.
const DARK: [u8; 3] = [0x26, 0x20, 0x17];
const LIGHT: [u8; 3] = [0xe5, 0xda, 0xc2];
/// What text and its ground must differ by at least (WCAG 2.2, AA).
const CONTRAST_MIN: f64 = 4.5;
/// Steps from a color to black or white.
const STEPS: u32 = 64;

/// The style sheet that a world's color comes to; empty without one.
pub(super) fn style(accent: Option<[u8; 3]>) -> String {
    let Some(accent) = accent else {
        return String::new();
    };
    let rule = |accent: [u8; 3]| {
        let (accent, on) = (hex(accent), hex(on(accent)));
        format!("{{--accent:{accent};--on-accent:{on}}}")
    };
    let (dark, light) = (
        rule(legible(accent, DARK, 255)),
        rule(legible(accent, LIGHT, 0)),
    );
    // What the reader has chosen counts more than what the device says.
    format!(
        ":root{dark}\n@media (prefers-color-scheme: light){{:root{light}}}\n\
         :root[data-theme=dark]{dark}\n:root[data-theme=light]{light}\n"
    )
}

/// The color, moved towards `end` (black or white) as far as it must to be read on `ground`.
fn legible(color: [u8; 3], ground: [u8; 3], end: u8) -> [u8; 3] {
    (0..=STEPS)
        .map(|step| {
            let share = |from: u8| {
                let (from, end) = (u32::from(from), u32::from(end));
                u8::try_from((from * (STEPS - step) + end * step) / STEPS).unwrap_or(end as u8)
            };
            color.map(share)
        })
        .find(|one| contrast(*one, ground) >= CONTRAST_MIN)
        .unwrap_or([end; 3])
}

/// Black or white, whichever is read better on a color.
fn on(color: [u8; 3]) -> [u8; 3] {
    let (black, white) = ([0; 3], [255; 3]);
    if contrast(color, black) >= contrast(color, white) {
        black
    } else {
        white
    }
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// By how much two colors differ in brightness, from 1 to 21.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: [u8; 3]) -> f64 {
    let [red, green, blue] = color.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_accent_is_legible_by_day_and_night() {
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let color = [red, green, blue];
                    for (ground, end) in [(DARK, 255), (LIGHT, 0)] {
                        let made = legible(color, ground, end);
                        assert!(contrast(made, ground) >= CONTRAST_MIN, "{color:?}");
                        assert!(contrast(made, on(made)) >= CONTRAST_MIN, "{color:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn legible_accent_stays_as_written() {
        assert_eq!(legible([0xd2, 0xac, 0x62], DARK, 255), [0xd2, 0xac, 0x62]);
        let written = ":root{--accent:#d2ac62;--on-accent:#000000}";
        assert!(style(Some([0xd2, 0xac, 0x62])).starts_with(written));
        assert_eq!(style(None), "");
    }
}
