"""The figures of a report page: inline SVG that follows the page's colour scheme."""
