/// A bone or joint, as it is named in labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Skull, without the face.
    Skull,
    /// Any vertebra, the sacrum included; as a joint, a facet of the lumbar spine.
    Vertebra,
    /// Any rib.
    Rib,
    /// Sternum.
    Sternum,
    /// Scapula.
    Scapula,
    /// Clavicle; as a joint, the one at either end.
    Clavicle,
    /// Humerus, its upper half.
    Humerus,
    /// Pelvis.
    Pelvis,
    /// Femur, its upper half.
    Femur,
    /// Shoulder joint.
    Shoulder,
    /// Elbow joint.
    Elbow,
    /// Joints of wrist and hand.
    Hand,
    /// Hip joint.
    Hip,
    /// Knee joint.
    Knee,
    /// Joints of ankle and foot.
    Foot,
}

impl Site {
    /// Returns the name, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skull => "skull",
            Self::Vertebra => "vertebra",
            Self::Rib => "rib",
            Self::Sternum => "sternum",
            Self::Scapula => "scapula",
            Self::Clavicle => "clavicle",
            Self::Humerus => "humerus",
            Self::Pelvis => "pelvis",
            Self::Femur => "femur",
            Self::Shoulder => "shoulder",
            Self::Elbow => "elbow",
            Self::Hand => "hand",
            Self::Hip => "hip",
            Self::Knee => "knee",
            Self::Foot => "foot",
        }
    }
}
