//! One service of one file, as a view over the tree.

use super::ComposeFile;
use super::lookup::{Field, lookup_in, merge_chain};
use crate::model::ImageReference;
use crate::model::Template;
use crate::syntax::Route;
use crate::syntax::yaml::{NodeId, Tree};
use crate::text::LineColumn;

/// A service as one document of one file writes it.
#[derive(Clone, Copy, Debug)]
pub struct Service<'f> {
    /// The file.
    pub file: &'f ComposeFile,
    /// Its name.
    pub name: &'f str,
    /// Number of the document that holds it, from 0.
    pub document: usize,
    /// Its value as written; it may be an alias.
    pub node: NodeId,
}

impl<'f> Service<'f> {
    /// The tree that it stands in.
    #[must_use]
    pub fn tree(&self) -> &'f Tree {
        &self.file.tree
    }

    /// The route of its value.
    #[must_use]
    pub fn route(&self) -> Route {
        self.tree().route(self.node)
    }

    /// Where its name stands.
    #[must_use]
    pub fn position(&self) -> LineColumn {
        let tree = self.tree();
        let node = tree.entry_of(self.node).map_or(self.node, |entry| entry.key);
        tree.locate(tree.node(node).span.start)
    }

    /// The mappings that a key is looked up in, the service's own first.
    #[must_use]
    pub fn chain(&self) -> Vec<NodeId> {
        merge_chain(self.tree(), self.node)
    }

    /// A field as Compose sees it: own, through a merge key or through an alias.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<Field> {
        lookup_in(self.tree(), &self.chain(), key)
    }

    /// A field that is a scalar, as the text it stands for, un-interpolated.
    #[must_use]
    pub fn scalar(&self, key: &str) -> Option<&'f str> {
        let field = self.field(key)?;
        if self.tree().is_null(field.value) {
            return None;
        }
        Some(&self.tree().scalar(field.value)?.value)
    }

    /// The items of a field that is a list, aliases followed; empty if there is none.
    #[must_use]
    pub fn items(&self, key: &str) -> Vec<NodeId> {
        let sequence = self.field(key).and_then(|field| self.tree().sequence(field.value));
        let items = sequence.map(|sequence| sequence.items.iter().map(|item| item.node));
        items.into_iter().flatten().map(|node| self.tree().resolve_alias(node)).collect()
    }

    /// The items of a list of scalars, as the texts they stand for, un-interpolated.
    pub fn scalar_items(&self, key: &str) -> impl Iterator<Item = &'f str> {
        let tree = self.tree();
        self.items(key).into_iter().filter_map(move |node| Some(&*tree.scalar(node)?.value))
    }

    /// Whether a field is there and not empty. What is tagged `!reset` is gone, whatever its value says.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        let tree = self.tree();
        self.field(key).is_some_and(|field| {
            let tag = tree.node(field.value).tag().map(|tag| tag.of(tree.text()));
            !tree.is_null(field.value) && tag != Some("!reset")
        })
    }

    /// Whether a field is written in the service itself, neither merged in nor taken from another.
    #[must_use]
    pub fn has_own(&self, key: &str) -> bool {
        lookup_in(self.tree(), self.chain().get(..1).unwrap_or_default(), key).is_some()
    }

    /// Whether a field is true, also as one of the words that Compose takes for it.
    #[must_use]
    pub fn is_true(&self, key: &str) -> bool {
        let value = self.scalar(key).and_then(|text| self.interpolate(text)).unwrap_or_default();
        matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "y")
    }

    /// The image that it runs, with the variables that are known; `None` if there is none, or one is
    /// not known.
    #[must_use]
    pub fn image(&self) -> Option<ImageReference> {
        self.interpolate(self.scalar("image")?)?.parse().ok()
    }

    /// The repository that the image is from, in full (`docker.io/library/postgres`). Known also where
    /// only the tag depends on a variable without value.
    #[must_use]
    pub fn repository(&self) -> Option<String> {
        if let Some(image) = self.image() {
            return Some(image.full_repository());
        }
        let (name, tag) = self.scalar("image")?.split_once('$')?;
        let in_tag = !tag.contains('/') && name.rsplit('/').next()?.contains(':');
        let (name, _) = name.rsplit_once(':').filter(|_| in_tag)?;
        Some(name.parse::<ImageReference>().ok()?.full_repository())
    }

    /// Whether a variable is in the container's environment with a value that is not empty; `None`
    /// where a file may hold it, or its value depends on a variable that is not known.
    #[must_use]
    pub fn sets_variable(&self, name: &str) -> Option<bool> {
        let tree = self.tree();
        let field = self.field("environment").map(|field| field.value);
        let in_mapping = field.and_then(|node| super::lookup(tree, node, name)).map(|found| found.value);
        let value = match in_mapping {
            Some(node) => tree.scalar(node).map(|scalar| scalar.value.to_string()),
            None => self.scalar_items("environment").find_map(|item| {
                let (key, value) = item.split_once('=')?;
                (key == name).then(|| value.to_owned())
            }),
        };
        match value {
            Some(value) => Some(!self.interpolate(&value)?.is_empty()),
            None => (!self.has("env_file")).then_some(false),
        }
    }

    /// What a text of this file becomes with the variables that are known; `None` if one is not.
    #[must_use]
    pub fn interpolate(&self, text: &str) -> Option<String> {
        let evaluated = Template::parse(text).ok()?.evaluate(&self.file.environment).ok()?;
        evaluated.unset.is_empty().then_some(evaluated.text)
    }
}
