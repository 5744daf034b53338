//! The phantom: whole-body bone scans of patients who do not exist, for whoever has no others.
//!
//! From a patient to a file:
//!
//! | step | where |
//! |---|---|
//! | labels and sexes, in the paper's proportions | `cohort` |
//! | size, pose and tracer of one patient | `patient` |
//! | bones of the reference body, as clouds of activity | `skeleton`, `trunk`, `girdles`, `limbs`, `site` |
//! | its skin and lungs | `surface` |
//! | both, made the patient's and laid under the camera | `body` |
//! | lesions, worn joints, spilled tracer | `lesion`, `hotspot`, `variants`, `difficulty` |
//! | attenuation, resolution, scatter | `projection`, `blur`, `raster` |
//! | Poisson noise | `noise`, `draws` |
//! | what readers see, and where they err | `mark`, `readers` |
//! | files | `dicom_file`, `stage` |
//!
//! A bone is a cloud of small three-dimensional Gaussians: the line integral through one is a Gaussian again, so a
//! view is an exact sum, with its own attenuation and resolution at each point, and no volume is ever stored.

mod acquisition;
mod blur;
mod body;
mod cohort;
mod dicom_file;
mod difficulty;
mod draws;
mod girdles;
mod grown;
mod hotspot;
mod lesion;
mod limbs;
mod mark;
mod noise;
mod patient;
mod projection;
mod raster;
mod readers;
mod site;
mod skeleton;
mod spot;
mod stage;
mod surface;
#[cfg(test)]
mod tests;
mod trunk;
mod variants;

pub use stage::Phantom;
