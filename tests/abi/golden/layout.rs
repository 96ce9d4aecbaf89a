//! Every type that crosses, as a text: what the loader's check compares, and nothing else.
//!
//! Of a package's version only the part that the check looks at stands there, so that a patch
//! release of a dependency changes nothing. A struct's offsets follow from `repr(C)`; they are
//! written out to be read by people.

use std::collections::{BTreeMap, HashSet};

use abi_stable::StableAbi;
use abi_stable::std_types::UTypeId;
use abi_stable::type_layout::{TLData, TLEnum, TLField, TLFields, TLFunction, TypeLayout};
use plugin_api_abi::types::HandlerModRef;

/// What abi_stable shows for any function pointer; its signature stands beside it.
const POINTER: &str = "AFunctionPointer";

/// All types that can be reached from a handler's table: the lines of each by its title.
pub(super) fn types() -> BTreeMap<String, Vec<String>> {
    let (mut found, mut seen) = (BTreeMap::new(), HashSet::new());
    walk(<HandlerModRef as StableAbi>::LAYOUT, &mut found, &mut seen);
    found
}

fn walk(
    layout: &'static TypeLayout,
    found: &mut BTreeMap<String, Vec<String>>,
    seen: &mut HashSet<UTypeId>,
) {
    if !seen.insert(layout.get_utypeid()) {
        return;
    }
    let title = format!("{} ({})", name(layout), package(layout));
    let lines = describe(layout);
    // Pointers and the like say all that there is in their names.
    if !["&", "*", "PhantomData<"]
        .iter()
        .any(|start| title.starts_with(start))
    {
        let before = found.insert(title.clone(), lines.clone());
        assert!(
            before.is_none_or(|before| before == lines),
            "two types are shown as `{title}`: teach `arguments` where its type parameters are"
        );
    }
    let mut nested: Vec<_> = layout.shared_vars().type_layouts().to_vec();
    nested.extend(layout.generics().type_params());
    nested.into_iter().for_each(|get| walk(get(), found, seen));
    for field in layout.phantom_fields().iter() {
        walk(field.layout(), found, seen);
    }
    assert!(
        layout.extra_checks().is_none() && layout.tag().to_string() == "null",
        "`{title}` has checks of its own, which the golden file does not show"
    );
}

/// The package with as much of its version as the check compares.
fn package(layout: &TypeLayout) -> String {
    let (package, version) = layout.package_and_version();
    let version = version.parsed().expect("a package has a version");
    match version.major {
        0 => format!("{package} 0.{}", version.minor),
        major => format!("{package} {major}"),
    }
}

/// The type's name with its parameters, which abi_stable leaves out.
fn name(layout: &'static TypeLayout) -> String {
    let full = layout.full_type().to_string();
    let full = full.replace(" >", ">").replace("  ", " ");
    let mut full = full.trim().replace(" ,", ",");
    let Some(arguments) = arguments(layout) else {
        return full;
    };
    match full.pop() {
        Some('>') => full.push_str(", "),
        Some(last) => full.extend([last, '<']),
        None => {}
    }
    format!("{full}{}>", arguments.join(", "))
}

/// The type parameters of the generic types that cross.
fn arguments(layout: &'static TypeLayout) -> Option<Vec<String>> {
    let fields: Vec<_> = layout.get_fields()?.iter().collect();
    let pointee = |field: &TLField| {
        let inner = field.layout().phantom_fields().iter().next();
        inner.map(|inner| name(inner.layout()))
    };
    match layout.name() {
        "ROption" | "RResult" | "FfiPoll" => {
            Some(fields.iter().map(|field| name(field.layout())).collect())
        }
        "RVec" => pointee(fields.last()?).map(|name| vec![name]),
        "RSlice" => pointee(fields.first()?).map(|name| vec![name]),
        "BorrowingFfiFuture" => arguments(fields.first()?.layout()),
        "LocalBorrowingFfiFuture" => {
            let poll = fields.get(1)?.function_range().iter().next()?;
            arguments(poll.return_type_layout()?())
        }
        "RMut" | "RRef" => {
            let inner = fields.last()?.layout().phantom_fields().iter().next()?;
            pointee(&inner).map(|name| vec![name])
        }
        _ => None,
    }
}

fn describe(layout: &'static TypeLayout) -> Vec<String> {
    let niche = if layout.is_nonzero() {
        ", never zero"
    } else {
        ""
    };
    let repr = format!("repr {:?}", layout.repr_attr());
    let align = layout.alignment();
    let shape = |kind: &str| {
        format!(
            "{kind}, {repr}, size {}, align {align}{niche}",
            layout.size()
        )
    };
    let mut lines = match layout.data() {
        TLData::Primitive(primitive) => vec![shape(&format!("primitive {primitive:?}"))],
        TLData::Opaque => vec![shape("opaque")],
        TLData::Struct { fields } => with(shape("struct"), members(&fields)),
        TLData::Union { fields } => with(shape("union"), members(&fields)),
        TLData::Enum(variants) => with(shape("enum"), variant_lines(&variants)),
        // Its size is left out: it grows with each field that is added.
        TLData::PrefixType(prefix) => with(
            format!(
                "prefix type, {repr}, align {align}{niche}, fields that are always there: {}",
                prefix.first_suffix_field
            ),
            members(&prefix.fields),
        ),
    };
    for field in layout.phantom_fields().iter() {
        lines.push(format!("phantom {}", member(&field)));
    }
    lines
}

fn with(first: String, rest: Vec<String>) -> Vec<String> {
    std::iter::once(first).chain(rest).collect()
}

/// The fields of a struct, with their offsets.
fn members(fields: &TLFields) -> Vec<String> {
    let mut end: usize = 0;
    let mut lines = Vec::new();
    for field in fields.iter() {
        let offset = end.next_multiple_of(field.layout().alignment());
        end = offset + field.layout().size();
        lines.push(format!("+{offset} {}", member(&field)));
    }
    lines
}

fn variant_lines(variants: &TLEnum) -> Vec<String> {
    let exhaustive = variants.exhaustiveness.is_exhaustive();
    let mut lines = vec![format!(
        "discriminants {:?}, exhaustive: {exhaustive}",
        variants.discriminants
    )];
    let mut fields = variants.fields.iter();
    for (variant, count) in variants.variant_names_iter().zip(variants.field_count) {
        let own: Vec<_> = fields.by_ref().take((*count).into()).collect();
        let own: Vec<_> = own.iter().map(member).collect();
        lines.push(format!("variant {variant}({})", own.join(", ")));
    }
    lines
}

fn member(field: &TLField) -> String {
    let signatures: Vec<_> = field.function_range().iter().collect();
    let mut ty = name(field.layout());
    match signatures.as_slice() {
        [only] if ty.contains(POINTER) => ty = ty.replace(POINTER, &signature(only)),
        several => several
            .iter()
            .for_each(|function| ty.push_str(&format!(" with {}", signature(function)))),
    }
    let lifetimes = field.lifetime_indices();
    match lifetimes.as_slice() {
        [] => format!("{}: {ty}", field.name()),
        lifetimes => format!("{}: {ty}, lifetimes {lifetimes:?}", field.name()),
    }
}

/// A function's signature. The names of its parameters are compared too.
fn signature(function: &TLFunction) -> String {
    let names = function.param_names.as_str().split(',').map(str::trim);
    let types = function.param_type_layouts.iter();
    let parameters: Vec<_> = types
        .zip(names)
        .map(|(layout, name_of)| match name_of {
            "" => name(layout()),
            name_of => format!("{name_of}: {}", name(layout())),
        })
        .collect();
    let qualifiers = if function.fn_qualifs.is_unsafe() {
        "unsafe "
    } else {
        ""
    };
    let lifetimes = match function.paramret_lifetime_indices.as_slice() {
        [] => String::new(),
        lifetimes => format!(", lifetimes {lifetimes:?}{}", function.bound_lifetimes),
    };
    let returned = function
        .return_type_layout()
        .map_or_else(|| "()".to_owned(), |layout| name(layout()));
    format!(
        "{qualifiers}extern \"C\" fn({}) -> {returned}{lifetimes}",
        parameters.join(", ")
    )
}
