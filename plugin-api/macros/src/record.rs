//! The export of a handler, with what its record says.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Type};

use crate::json;

/// What is known of a handler at expansion time.
pub(crate) struct Handler<'a> {
    pub(crate) name: &'a str,
    pub(crate) errors: &'a [String],
    pub(crate) attributes: &'a [Attribute],
    pub(crate) entry: TokenStream,
    pub(crate) lifecycle: bool,
    pub(crate) is_async: bool,
}

/// The call of plugin-api's export macro.
pub(crate) fn export(handler: &Handler<'_>) -> TokenStream {
    let Handler {
        name,
        errors,
        attributes,
        entry,
        lifecycle,
        is_async,
    } = handler;
    let header = format!("shim_handler__{name}");
    let record_symbol = format!("shim_record__{name}");
    let package =
        |key: &str| json::string(&std::env::var(format!("CARGO_PKG_{key}")).unwrap_or_default());
    let json_errors: Vec<_> = errors.iter().map(|error| json::string(error)).collect();
    let start = format!(
        "{{\"record\":\"handler\",\"name\":{},\"doc\":{},\"lifecycle\":{lifecycle},\
         \"async\":{is_async},\"errors\":[{}],\"package\":{{\"name\":{},\"version\":{},\"description\":{}}},\
         \"event\":\"",
        json::string(name),
        json::string(&doc(attributes)),
        json_errors.join(","),
        package("NAME"),
        package("VERSION"),
        package("DESCRIPTION"),
    );
    quote! {
        ::plugin_api::__export! {
            entry: #entry,
            header: #header,
            record_symbol: #record_symbol,
            record: [
                #start,
                ::plugin_api::__private::event_kind::<#entry>(),
                "\",\"abi\":\"",
                ::plugin_api::__private::ABI_VERSION,
                "\",\"plugin_api\":\"",
                ::plugin_api::__private::VERSION,
                "\",\"panic\":\"",
                ::plugin_api::__private::PANIC,
                "\",\"layout\":\"",
                ::plugin_api::__private::LAYOUT,
                "\"}\n",
            ],
        }
    }
}

/// The codecs of both types, with their spans: an unfit type is marked where the author wrote it.
pub(crate) fn codecs(event: &Type, response: &Type) -> TokenStream {
    let event_codec = quote_spanned! {event.span()=>
        __plugin_api::event::<#event, _>(__plugin_api::EventOf::<#event>::MARKER)
    };
    let response_codec = quote_spanned! {response.span()=>
        ::plugin_api::__response_codec!(#response)
    };
    quote! {
        use ::plugin_api::__private as __plugin_api;
        #[allow(unused_imports)]
        use __plugin_api::AnyMarker as _;

        const __EVENT: __plugin_api::EventCodec<#event> = #event_codec;
        const __RESPONSE: __plugin_api::ResponseCodec<#response> = #response_codec;
    }
}

/// What the entry says of both types.
pub(crate) fn describe(event: &Type, response: &Type) -> TokenStream {
    quote! {
        const DESCRIBE: &'static [fn(&mut __plugin_api::FieldsWriter)] =
            ::plugin_api::__describe!(event: #event, response: #response);
    }
}

/// The text of the doc comments.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
