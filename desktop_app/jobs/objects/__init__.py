"""Operations on the objects of label files."""
