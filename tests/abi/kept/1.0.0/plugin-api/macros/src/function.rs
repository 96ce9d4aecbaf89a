//! `#[handler]` on a function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Error, FnArg, GenericArgument, ItemFn, LitStr, PathArguments, ReturnType, Type, parse_quote,
};

use crate::record::{Handler, export};

const SIGNATURE: &str = "a handler takes up to two arguments, the event and the `Context`, in this \
                         order: `async fn name(event: Event, ctx: Context) -> Result<Response, Error>`";

/// Keeps the function and adds its entry.
pub(crate) fn expand(name: Option<LitStr>, function: ItemFn) -> syn::Result<TokenStream> {
    let signature = &function.sig;
    refuse_odd_signatures(&function)?;
    let ident = &signature.ident;
    let name = name.map_or_else(|| ident.to_string(), |name| name.value());
    let is_async = signature.asyncness.is_some();

    let arguments = Arguments::of(&function)?;
    // A handler without an event accepts any: JSON that is read and dropped.
    let any: Type = parse_quote!(::plugin_api::testing::AnyEvent);
    let event = arguments.event.as_ref().unwrap_or(&any);
    let (response, fallible) = response_type(&signature.output);

    let visibility = &function.vis;
    let blocking = if is_async {
        quote!(0)
    } else {
        quote!(private::FLAG_BLOCKING)
    };
    let wait = is_async.then(|| quote!(.await));
    let respond = if fallible {
        quote!(respond_result)
    } else {
        quote!(respond)
    };
    let call = match (&arguments.event, arguments.context) {
        (Some(_), true) => quote!(#ident(event, context)),
        (Some(_), false) => quote!(#ident(event)),
        (None, true) => quote!(#ident(context)),
        (None, false) => quote!(#ident()),
    };
    // Spans of the types, so that an unfit type is marked where the author wrote it.
    let event_flags = quote_spanned!(event.span()=> <#event as private::EventType<_>>::FLAGS);
    let response_flags =
        quote_spanned!(response.span()=> <#response as private::ResponseType<_>>::FLAGS);
    let export = export(&Handler {
        name: &name,
        attributes: &function.attrs,
        entry: quote!(#ident),
        event,
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
            use ::plugin_api::__private as private;

            impl private::Entry for #ident {
                const FLAGS: u64 =
                    private::FLAG_STATELESS | #blocking | #event_flags | #response_flags;
                type Instance = ();
                type Error = ::plugin_api::Error;

                fn stateless() -> ::core::option::Option<()> {
                    ::core::option::Option::Some(())
                }

                async fn init(
                    _: &::std::sync::Arc<private::Function>,
                ) -> ::core::result::Result<Self, ::plugin_api::Error> {
                    ::core::result::Result::Ok(Self {})
                }

                async fn start(&self) -> ::core::result::Result<(), ::plugin_api::Error> {
                    ::core::result::Result::Ok(())
                }

                async fn run(
                    &self,
                    _: ::core::result::Result<&mut (), ::plugin_api::Error>,
                    request: private::Request,
                ) -> ::core::result::Result<private::Response, ::plugin_api::Error> {
                    #[allow(unused_variables)]
                    let context = private::context(&request);
                    #[allow(unused_variables)]
                    let event: #event = private::decode(request)?;
                    private::#respond(#call #wait)
                }

                async fn stop(&self, _: ()) -> ::core::result::Result<(), ::plugin_api::Error> {
                    ::core::result::Result::Ok(())
                }
            }
        };

        #export
    })
}

fn refuse_odd_signatures(function: &ItemFn) -> syn::Result<()> {
    let signature = &function.sig;
    if !signature.generics.params.is_empty() {
        return Err(Error::new(
            signature.generics.span(),
            "a handler cannot be generic: it is called from outside of Rust's type system",
        ));
    }
    if let Some(unsafety) = &signature.unsafety {
        return Err(Error::new(unsafety.span(), "a handler cannot be `unsafe`"));
    }
    if let Some(abi) = &signature.abi {
        return Err(Error::new(
            abi.span(),
            "a handler is a normal Rust function: remove the `extern`",
        ));
    }
    if let Some(variadic) = &signature.variadic {
        return Err(Error::new(variadic.span(), SIGNATURE));
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
                    return Err(Error::new(
                        receiver.span(),
                        "a handler is a free function; for state, implement `plugin_api::Handler` \
                         and put `#[handler]` on the impl block",
                    ));
                }
                FnArg::Typed(typed) => types.push((*typed.ty).clone()),
            }
        }
        for ty in &types {
            if let Type::Reference(reference) = ty {
                return Err(Error::new(
                    reference.span(),
                    "a handler owns its event and context: remove the `&`",
                ));
            }
            if let Type::ImplTrait(any) = ty {
                return Err(Error::new(
                    any.span(),
                    "a handler's event has one definite type",
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
            _ => Err(Error::new(function.sig.inputs.span(), SIGNATURE)),
        }
    }
}

/// The response's type, and whether it comes in a `Result`.
fn response_type(output: &ReturnType) -> (Type, bool) {
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

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|segment| segment.ident == name))
}
