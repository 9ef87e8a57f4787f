"""A published system on a user's own data: fitted into a folder, and asked about new images from there."""
