mod cache;
mod events;
mod folder;
mod manifests;
mod tables;
