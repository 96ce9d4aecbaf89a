//! Every type that crosses, as a text that changes exactly when the loader's check would see it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use abi_stable::StableAbi;
use abi_stable::type_layout::{TLData, TLField, TLFields, TLFunction, TypeLayout};
use plugin_api_abi::types::HandlerModRef;

/// All types that can be reached from a handler's table, one block for each, in order.
pub(crate) fn render() -> String {
    let mut blocks = BTreeMap::new();
    walk(<HandlerModRef as StableAbi>::LAYOUT, &mut blocks);
    let blocks: Vec<_> = blocks.into_values().collect();
    blocks.join("\n")
}

fn walk(layout: &'static TypeLayout, blocks: &mut BTreeMap<String, String>) {
    let name = title(layout);
    if blocks.contains_key(&name) {
        return;
    }
    blocks.insert(name, String::new());
    blocks.insert(title(layout), block(layout));
    for nested in layout.shared_vars().type_layouts() {
        walk(nested(), blocks);
    }
    for field in layout.phantom_fields().iter() {
        walk(field.layout(), blocks);
    }
    if let Some(checks) = layout.extra_checks() {
        for nested in checks.nested_type_layouts().iter() {
            walk(nested, blocks);
        }
    }
}

fn title(layout: &TypeLayout) -> String {
    format!("type {} of {}", full(layout), package(layout))
}

/// The package with as much of its version as abi_stable compares.
fn package(layout: &TypeLayout) -> String {
    let (package, version) = layout.package_and_version();
    let version = version.parsed().expect("a package has a version");
    let line = match version.major {
        0 => format!("0.{}", version.minor),
        major => major.to_string(),
    };
    format!("{package} {line}")
}

fn full(layout: &TypeLayout) -> String {
    layout.full_type().to_string()
}

fn block(layout: &TypeLayout) -> String {
    let mut text = title(layout);
    let _ = write!(
        text,
        "\n  size {}, align {}, {:?}",
        layout.size(),
        layout.alignment(),
        layout.repr_attr()
    );
    if layout.is_nonzero() {
        text.push_str(", has a niche");
    }
    text.push('\n');
    match layout.data() {
        TLData::Primitive(primitive) => {
            let _ = writeln!(text, "  primitive {primitive:?}");
        }
        TLData::Opaque => text.push_str("  opaque\n"),
        TLData::Struct { fields: all } => {
            text.push_str("  struct\n");
            fields(&mut text, &all);
        }
        TLData::Union { fields: all } => {
            text.push_str("  union\n");
            fields(&mut text, &all);
        }
        TLData::Enum(variants) => {
            let _ = writeln!(
                text,
                "  enum {} = {:?}, {:?}, fields per variant {:?}",
                variants.variant_names,
                variants.discriminants,
                variants.exhaustiveness.is_exhaustive(),
                variants.field_count
            );
            fields(&mut text, &variants.fields);
        }
        TLData::PrefixType(prefix) => {
            let _ = writeln!(
                text,
                "  prefix type, first optional field: {}",
                prefix.first_suffix_field
            );
            fields(&mut text, &prefix.fields);
        }
    }
    let phantom = layout.phantom_fields();
    if phantom.iter().next().is_some() {
        text.push_str("  phantom\n");
        fields(&mut text, &phantom);
    }
    text
}

fn fields(text: &mut String, fields: &TLFields) {
    for field in fields.iter() {
        let _ = writeln!(text, "    {}", line(&field));
    }
}

fn line(field: &TLField) -> String {
    let functions: Vec<_> = field.function_range().iter().map(|f| signature(&f)).collect();
    let layout = field.layout();
    format!(
        "{}: {} [{}, {}] lt {:?} fns {:?}",
        field.name(),
        full(layout),
        layout.size(),
        layout.alignment(),
        field.lifetime_indices(),
        functions
    )
}

fn signature(function: &TLFunction) -> String {
    let names = function.param_names.as_str().split(';');
    let types = function.param_type_layouts.iter();
    let parameters: Vec<_> = types
        .zip(names)
        .map(|(layout, name)| format!("{name}: {}", full(layout())))
        .collect();
    let returned = function
        .return_type_layout()
        .map_or_else(|| "()".to_owned(), |layout| full(layout()));
    format!("{}fn({}) -> {returned}", if function.fn_qualifs.is_unsafe() {"unsafe "} else {""}, parameters.join(", "))
}
