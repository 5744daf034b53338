use table::{Class, Hit, Metadata, Metric};

/// Returns the number of images and the means over them, of all (class `abnormal`) and of each class, with metadata that
/// names the means over none.
#[expect(clippy::cast_precision_loss, reason = "numbers of images")]
pub fn metrics(hits: &[Hit]) -> (Vec<Metric>, Metadata) {
    let means: [(&str, fn(&Hit) -> f64); 4] = [
        ("hit-rate", |hit| f64::from(u8::from(hit.hit))),
        ("chance", |hit| hit.chance),
        ("energy", |hit| hit.energy),
        ("area", |hit| hit.area),
    ];
    let (mut metrics, mut metadata) = (Vec::new(), Metadata::new());
    let mut row = |class: &str, metric: &str, value: f64| {
        metrics.push(Metric { class: class.to_owned(), metric: metric.to_owned(), value });
    };
    let groups = [None, Some(Class::Metastatic), Some(Class::Arthritic)];
    let name = |group: Option<Class>| group.map_or("abnormal", Class::as_str);
    for group in groups {
        let hits: Vec<&Hit> =
            hits.iter().filter(|hit| group.is_none_or(|class| hit.label == class)).collect();
        let count = hits.len() as f64;
        for (metric, of) in means.iter().filter(|_| !hits.is_empty()) {
            row(name(group), metric, hits.iter().map(|hit| of(hit)).sum::<f64>() / count);
        }
        row(name(group), "images", count);
    }
    let expected: Vec<(&str, &str)> =
        groups.iter().flat_map(|group| means.map(|(metric, _)| (name(*group), metric))).collect();
    table::tell_undefined(&mut metadata, &metrics, &expected);
    (metrics, metadata)
}
