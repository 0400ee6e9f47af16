-- Each context's connections run as a role that sees its own schema only. Roles belong to the whole cluster, so another
-- database of it may make them at the same moment: that is no failure.
do $$
declare
  context text;
  -- From version 16 on, membership alone does not allow `set role`.
  privilege text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
begin
  foreach context in array array['bank_ledger', 'bank_accounts'] loop
    if not exists (select from pg_roles where rolname = context) then
      begin
        execute format('create role %I nologin', context);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;
    if not pg_has_role(current_user, context, privilege) then
      begin
        execute format('grant %I to current_user', context);
      exception when unique_violation or internal_error then
        null;
      end;
    end if;
    if not pg_has_role(current_user, context, privilege) then
      raise exception 'the user % may not act as the role %: grant it', current_user, context;
    end if;
  end loop;
end $$;
