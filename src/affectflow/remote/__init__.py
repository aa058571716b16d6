"""Files in S3-compatible storage: listed, brought here, digested."""
