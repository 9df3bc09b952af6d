"""Pictures of pages, taken by a Chromium that reaches nothing but a proxy of ours."""
