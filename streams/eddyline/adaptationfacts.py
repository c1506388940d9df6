"""What adaptation events say of an analysis."""
