"""Downloads of a job's rows: CSV, JSON and XLSX, streamed, and safe to open in a spreadsheet."""
