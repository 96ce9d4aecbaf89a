//! `#[handler]` on a function.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, GenericArgument, ItemFn, PathArguments, ReturnType, Type, parse_quote};

use crate::arguments::Arguments as Given;
use crate::record::{Handler, codecs, describe, export};

const SIGNATURE: &str = "a handler takes up to two arguments, the event and the `Context`, in this \
                         order: `async fn name(event: Event, ctx: Context) -> Result<Response, Error>`";

/// Keeps the function and adds its entry.
pub(crate) fn expand(given: Given, function: ItemFn) -> syn::Result<TokenStream> {
    let signature = &function.sig;
    refuse_odd_signatures(&function)?;
    let ident = &signature.ident;
    let name = given
        .name
        .map_or_else(|| ident.to_string(), |name| name.value());
    let is_async = signature.asyncness.is_some();

    let arguments = Arguments::of(&function)?;
    let any: Type = parse_quote!(::plugin_api::__private::NoEvent);
    let event = arguments.event.as_ref().unwrap_or(&any);
    let (response, fallible) = response_type(&signature.output);
    if let Type::ImplTrait(any) = &response {
        return Err(Error::new_spanned(
            any,
            "a handler's response has one definite type",
        ));
    }

    let visibility = &function.vis;
    let blocking = if is_async {
        quote!(0)
    } else {
        quote!(__plugin_api::FLAG_BLOCKING)
    };
    let wait = is_async.then(|| quote!(.await));
    let context = arguments
        .context
        .then(|| quote!(let __context = __plugin_api::context(&__request);));
    let call = match (&arguments.event, arguments.context) {
        (Some(_), true) => quote!(#ident(__event, __context)),
        (Some(_), false) => quote!(#ident(__event)),
        (None, true) => quote!(#ident(__context)),
        (None, false) => quote!(#ident()),
    };
    let call = if let (true, ReturnType::Type(_, result)) = (fallible, &signature.output) {
        quote_spanned!(result.span()=> __plugin_api::fallible(#call #wait)?)
    } else {
        quote!(#call #wait)
    };
    let codecs = codecs(event, &response);
    let describe = describe(event, &response);
    let export = export(&Handler {
        name: &name,
        errors: &given.errors,
        attributes: &function.attrs,
        entry: quote!(#ident),
        lifecycle: false,
        is_async,
    });

    Ok(quote! {
        #function

        /// The entry of the handler, for `plugin_api::testing`.
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, unreachable_pub, missing_docs)]
        #visibility struct #ident {}

        const _: () = {
            #codecs

            impl __plugin_api::Entry for #ident {
                const FLAGS: u64 =
                    __plugin_api::FLAG_STATELESS | #blocking | __EVENT.flags | __RESPONSE.flags;
                #describe
                type Instance = ();
                type Error = ::plugin_api::Error;

                fn stateless() -> ::core::option::Option<()> {
                    ::core::option::Option::Some(())
                }

                fn without_init() -> ::core::option::Option<Self> {
                    ::core::option::Option::Some(Self {})
                }

                async fn init(
                    _: &'static __plugin_api::Function,
                ) -> ::core::result::Result<Self, ::plugin_api::Error> {
                    ::core::result::Result::Ok(Self {})
                }

                async fn start(&self) -> ::core::result::Result<(), ::plugin_api::Error> {
                    ::core::result::Result::Ok(())
                }

                async fn run(
                    &self,
                    _: ::core::result::Result<&mut (), ::plugin_api::Error>,
                    __request: __plugin_api::Request<'_>,
                ) -> ::core::result::Result<__plugin_api::Response, ::plugin_api::Error> {
                    #context
                    #[allow(unused_variables)]
                    let __event = (__EVENT.decode)(__request)?;
                    (__RESPONSE.encode)(#call)
                }

                async fn stop(&self, _: ()) -> ::core::result::Result<(), ::plugin_api::Error> {
                    ::core::result::Result::Ok(())
                }
            }
        };

        #export
    })
}

pub(crate) fn refuse_odd_signatures(function: &ItemFn) -> syn::Result<()> {
    let signature = &function.sig;
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            "a handler cannot be generic: it is called from outside of Rust's type system",
        ));
    }
    if let Some(unsafety) = &signature.unsafety {
        return Err(Error::new_spanned(unsafety, "a handler cannot be `unsafe`"));
    }
    if let Some(abi) = &signature.abi {
        return Err(Error::new_spanned(
            abi,
            "a handler is a normal Rust function: remove the `extern`",
        ));
    }
    if let Some(variadic) = &signature.variadic {
        return Err(Error::new_spanned(variadic, SIGNATURE));
    }
    Ok(())
}

struct Arguments {
    event: Option<Type>,
    context: bool,
}

impl Arguments {
    fn of(function: &ItemFn) -> syn::Result<Self> {
        let mut types = Vec::new();
        for argument in &function.sig.inputs {
            match argument {
                FnArg::Receiver(receiver) => {
                    return Err(Error::new_spanned(
                        receiver,
                        "a handler is a free function; for state, implement `plugin_api::Handler` \
                         and put `#[handler]` on the impl block",
                    ));
                }
                FnArg::Typed(typed) => types.push((*typed.ty).clone()),
            }
        }
        for ty in &types {
            if let Type::Reference(reference) = ty {
                return Err(Error::new_spanned(
                    reference,
                    "a handler owns its event and context: remove the `&`",
                ));
            }
            if let Type::ImplTrait(any) = ty {
                return Err(Error::new_spanned(
                    any,
                    "a handler's event has one definite type",
                ));
            }
            if let Some(lifetime) = lifetime_in(quote!(#ty)) {
                return Err(Error::new(
                    lifetime,
                    "a handler owns its event: use a type without a lifetime",
                ));
            }
        }
        match types.as_slice() {
            [] => Ok(Self {
                event: None,
                context: false,
            }),
            [only] if is_named(only, "Context") => Ok(Self {
                event: None,
                context: true,
            }),
            [only] => Ok(Self {
                event: Some(only.clone()),
                context: false,
            }),
            [event, context] if is_named(context, "Context") && !is_named(event, "Context") => {
                Ok(Self {
                    event: Some(event.clone()),
                    context: true,
                })
            }
            _ => Err(Error::new_spanned(&function.sig.inputs, SIGNATURE)),
        }
    }
}

/// The response's type, and whether it comes in a `Result`.
pub(crate) fn response_type(output: &ReturnType) -> (Type, bool) {
    let ReturnType::Type(_, ty) = output else {
        return (parse_quote!(()), false);
    };
    if is_named(ty, "Result")
        && let Type::Path(path) = &**ty
        && let Some(last) = path.path.segments.last()
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(response)) = arguments.args.first()
    {
        return (response.clone(), true);
    }
    ((**ty).clone(), false)
}

/// Where a type names a lifetime other than `'static`.
fn lifetime_in(ty: TokenStream) -> Option<Span> {
    let mut after_quote = false;
    for token in ty {
        match token {
            TokenTree::Group(group) => {
                if let Some(found) = lifetime_in(group.stream()) {
                    return Some(found);
                }
            }
            TokenTree::Ident(name) if after_quote && name != "static" => return Some(name.span()),
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                after_quote = true;
                continue;
            }
            _ => {}
        }
        after_quote = false;
    }
    None
}

pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|segment| segment.ident == name))
}
