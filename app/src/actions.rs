//! Server functions, a file each: what forms post to.
